//! Events within the process: what is promised of a broker holds here too, in paused time.

mod dead_letters;
mod figures;
mod formats;
mod handling;
mod publishing;
mod retries;
mod routing;
mod shutdown;
mod table;
