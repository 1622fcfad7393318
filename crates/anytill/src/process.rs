//! What the process itself does for secrets in its memory: freed memory is overwritten, no core is dumped, no other
//! process of the same user looks in.

use rustix::process::{Resource, Rlimit, setrlimit};

#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// Call first, before any secret is read. `debugger` leaves the process open to those of the same user.
pub fn harden(debugger: bool) -> std::io::Result<()> {
    // The soft and the hard limit, so that nothing that is loaded later raises it again.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    if debugger { Ok(()) } else { hide() }
}

#[cfg(target_os = "linux")]
fn hide() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Elsewhere the system's own protection has to do.
#[cfg(not(target_os = "linux"))]
const fn hide() -> std::io::Result<()> {
    Ok(())
}
