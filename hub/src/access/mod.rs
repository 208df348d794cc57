//! Who may come in, and what they may do there.

mod acl;
mod addresses;
mod login;
mod throttle;

pub use acl::{PublishRefusal, may_publish, may_subscribe};
pub use addresses::{Addresses, Place};
pub use login::{Admitted, Identity, LoginRefusal, login};
pub use throttle::Throttle;
