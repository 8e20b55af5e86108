//! Faults on demand between an SDK client and the service behind it: nothing in the product knows of them.

mod fault;
mod step;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};

pub use fault::{Fault, Gate};
pub use step::Step;

/// The faults that are to happen, and what has happened.
#[derive(Debug, Default)]
pub struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    planned: Vec<Planned>,
    injected: usize,
    calls: HashMap<Step, usize>,
    clients: HashMap<&'static str, SharedHttpClient>,
    components: Option<RuntimeComponents>,
}

#[derive(Debug)]
struct Planned {
    step: Step,
    skip: usize,
    times: usize,
    fault: Fault,
}

impl Faults {
    /// The next `times` requests of that step meet the fault.
    pub fn inject(&self, step: Step, fault: Fault, times: usize) {
        self.inject_after(0, step, fault, times);
    }

    /// The same once `skip` of them went well.
    pub fn inject_after(&self, skip: usize, step: Step, fault: Fault, times: usize) {
        self.state().planned.push(Planned { step, skip, times, fault });
    }

    /// How many faults have happened.
    pub fn injected(&self) -> usize {
        self.state().injected
    }

    /// How many requests of that step there were, the faulty ones among them.
    pub fn calls(&self, step: Step) -> usize {
        self.state().calls.get(&step).copied().unwrap_or_default()
    }

    /// To start a site with.
    pub fn between(self: &Arc<Self>) -> local::Between {
        let faults = self.clone();
        Arc::new(move |service, inner| {
            let client = SharedHttpClient::new(Faulty { service, inner, faults: faults.clone() });
            faults.state().clients.insert(service, client.clone());
            client
        })
    }

    /// Lets go of the site's clients: its database is closed with the last of them.
    pub fn let_go(&self) {
        let mut state = self.state();
        (state.clients, state.components) = Default::default();
    }

    /// The site's own way to a service, for whoever else is to use it. Once the site has started.
    pub fn connector(&self, service: &str) -> Option<SharedHttpConnector> {
        let (client, components) = {
            let state = self.state();
            (state.clients.get(service)?.clone(), state.components.clone()?)
        };
        Some(client.http_connector(&HttpConnectorSettings::builder().build(), &components))
    }

    fn next(&self, step: Step) -> Option<Fault> {
        let mut state = self.state();
        *state.calls.entry(step).or_default() += 1;
        let due = state.planned.iter_mut().find(|planned| planned.step == step && planned.times > 0)?;
        if due.skip > 0 {
            due.skip -= 1;
            return None;
        }
        due.times -= 1;
        let fault = due.fault.clone();
        state.injected += 1;
        Some(fault)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client that meets faults, and its connections.
#[derive(Debug)]
struct Faulty<C> {
    service: &'static str,
    inner: C,
    faults: Arc<Faults>,
}

impl HttpClient for Faulty<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.faults.state().components.get_or_insert_with(|| components.clone());
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Faulty { service: self.service, inner, faults: self.faults.clone() })
    }
}

impl HttpConnector for Faulty<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.faults.next(Step::of(self.service, &request)) {
            None => self.inner.call(request),
            Some(fault) => HttpConnectorFuture::new(fault.happen(self.service, self.inner.clone(), request)),
        }
    }
}
