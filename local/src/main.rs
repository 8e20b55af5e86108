//! `tintype`: all of it, by one command.

fn main() -> anyhow::Result<()> {
    local::command::main()
}
