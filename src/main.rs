//! The program: reads its arguments and does what they say.

use clap::Parser as _;
use handback::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[actix_web::main]
async fn main() -> std::process::ExitCode {
    match Cli::parse().run().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("handback: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
