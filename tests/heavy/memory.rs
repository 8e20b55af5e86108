//! What a process holds while it works, looked at now and then.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use tests::processes::{children, resident};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, spawn_local},
    time::sleep,
};

const PAUSE: Duration = Duration::from_millis(100);
/// What may come and go with the requests that happen to be in hand.
const SLACK_MEBIBYTES: u64 = 16;
/// As many darkrooms at once, at the most: what `local` allows itself.
const MOST_CHILDREN: usize = 4;

/// Looks until it is told to end.
pub struct Watch {
    end: oneshot::Sender<()>,
    looks: JoinHandle<Vec<Look>>,
}

struct Look {
    mebibytes: u64,
    children: usize,
}

/// What was seen, in the order of time.
pub struct Seen(Vec<Look>);

impl Watch {
    pub fn begin(pid: u32) -> Self {
        let (end, mut ended) = oneshot::channel();
        let looks = spawn_local(async move {
            let mut looks = Vec::new();
            while ended.try_recv().is_err() {
                looks.extend(Look::at(pid));
                sleep(PAUSE).await;
            }
            looks
        });
        Self { end, looks }
    }

    pub async fn end(self) -> Seen {
        self.end.send(()).unwrap();
        Seen(self.looks.await.unwrap())
    }
}

impl Look {
    /// None when the process has gone.
    fn at(pid: u32) -> Option<Self> {
        Some(Self { mebibytes: resident(pid)? / (1 << 20), children: children(pid).len() })
    }
}

impl Seen {
    /// The most in each third of the time.
    fn thirds(&self) -> [u64; 3] {
        let looks = &self.0;
        let most = |looks: &[Look]| looks.iter().map(|look| look.mebibytes).max().unwrap_or_default();
        let third = looks.len() / 3;
        [most(&looks[..third]), most(&looks[third..2 * third]), most(&looks[2 * third..])]
    }

    fn most_children(&self) -> usize {
        self.0.iter().map(|look| look.children).max().unwrap_or_default()
    }

    /// Whether it grew, or did more at once than it should.
    pub fn fault(&self) -> Option<String> {
        let [first, _, last] = self.thirds();
        let grew = last > first + SLACK_MEBIBYTES;
        (grew || self.most_children() > MOST_CHILDREN).then(|| format!("no bound: {self}"))
    }
}

impl Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let ([first, second, last], children) = (self.thirds(), self.most_children());
        write!(f, "at most {first}, {second} and {last} MiB in each third of the time, {children} pictures at once")
    }
}
