//! `tintype` under a name of its own, for the tests that kill it.

fn main() -> anyhow::Result<()> {
    local::command::main()
}
