//! The places where threads meet, under a controlled scheduler: publishers and shards on threads of their own, and each
//! promise checked in thousands of schedules, by what clients read.
//!
//! A schedule decides at every lock who goes on; whatever else a run draws, such as how much a socket takes, comes from
//! it, too. So a schedule means the same run every time, and one that breaks a promise is printed to be run again:
//! `FANFARE_SCHEDULE` runs one, `FANFARE_SCHEDULES` says how many each promise is checked in.
//!
//! What is no lock of [`crate::sync`] stays real, and no thread is stopped inside of it: nothing takes a lock while it
//! holds a guard of the map of outbound queues, and tokio's `Notify` calls wakers after it let go of its own. One that
//! did would stop the whole run, for all threads of a schedule are one thread of the operating system.

mod answers;
mod broker;
mod checking;
mod closing;
mod faults;
mod overflow;
mod parking;
mod pings;
mod presence;
mod retention;
mod schedules;
mod socket;
mod stream_order;
mod subscribing;
mod worker;
