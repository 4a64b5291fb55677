//! The program: reads its arguments and does what they say.

use clap::Parser as _;
use handback::cli::Cli;

// Its threads that give memory back run with glibc only; elsewhere the system's allocator serves.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
