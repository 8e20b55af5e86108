//! `tintype`: all of it, by one command.

fn main() -> std::process::ExitCode {
    local::command::main()
}
