//! Subscriptions and the groups that share one.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use super::filter::Wanted;
use super::handoff::Handoff;
use super::inbox::{Inbox, Item};
use super::lock;
use super::pump::{Member, Out, Tap};
use super::session::Queued;

/// Messages of a group that wait for a member to take them; the rest waits in the router's log.
const GROUP_QUEUE_MESSAGES_MAX: usize = 64;

/// What a reader subscribes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub filter: String,
    pub qos: u8,
    pub retained: Retained,
}

/// When a subscription wants the retained messages (MQTT 5.0: Retain Handling; 3.1.1 knows only the first).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Retained {
    #[default]
    Always,
    /// Not when the session has subscribed to the filter already.
    IfNew,
    Never,
}

/// Why a filter was not subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("the filter is malformed")]
    Malformed,
    #[error(
        "there are as many subscriptions, or different filters, as the hub serves; subscribe with wildcards"
    )]
    TooMany,
}

/// One subscription of one reader; dropping it ends it.
pub(super) struct Subscription {
    qos: Arc<AtomicU8>,
    ends: Ends,
}

enum Ends {
    Nothing,
    Plain { _link: Open },
    Member { _stop: oneshot::Sender<()>, _group: Arc<Group> },
}

impl Subscription {
    pub fn is_shared(&self) -> bool {
        matches!(self.ends, Ends::Member { .. })
    }

    /// Subscribing again to the same filter only changes this.
    pub fn set_qos(&self, qos: u8) {
        self.qos.store(qos, Ordering::Relaxed);
    }
}

/// A link to the router that a subscription wants; its pump stops when this is dropped.
struct Open {
    _stop: oneshot::Sender<()>,
    _wanted: Counted,
}

/// Counts itself while it lives.
pub(super) struct Counted(Arc<AtomicUsize>);

impl Counted {
    /// `None` if there are `max` already.
    fn new(count: &Arc<AtomicUsize>, max: usize) -> Option<Self> {
        // Counted first; dropping it takes that back.
        let counted = Self(Arc::clone(count));
        (count.fetch_add(1, Ordering::Relaxed) < max).then_some(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The readers that subscribed to the same `$share/{group}/{filter}`.
pub(super) struct Group {
    messages: Arc<Handoff<Queued>>,
    _link: Open,
}

impl Group {
    /// From the router to the members. Holding it does not keep the group alive; it closes with the last member.
    pub fn messages(&self) -> Arc<Handoff<Queued>> {
        Arc::clone(&self.messages)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.messages.close();
    }
}

/// All subscriptions.
pub(super) struct Subscriptions {
    /// Links that readers want: what makes a publish worth while.
    wanted: Arc<AtomicUsize>,
    /// Links that the router has or is about to have: one that is no longer wanted takes a moment to go.
    links: Arc<AtomicUsize>,
    links_max: usize,
    filters: Mutex<HashSet<String>>,
    filters_max: usize,
    groups: Mutex<HashMap<String, Weak<Group>>>,
}

impl Subscriptions {
    pub fn new(links_max: usize, filters_max: usize) -> Self {
        Self {
            wanted: Arc::default(),
            links: Arc::default(),
            links_max,
            filters: Mutex::default(),
            filters_max,
            groups: Mutex::default(),
        }
    }

    pub fn any(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > 0
    }

    /// A new router knows none.
    pub fn forget_filters(&self) {
        lock(&self.filters).clear();
    }

    /// Subscribes to `text`; its messages go to `queue`.
    pub fn open(
        &self,
        text: &str,
        qos: u8,
        queue: &mpsc::Sender<Queued>,
        inbox: &Inbox,
    ) -> Result<Subscription, Refused> {
        let qos = Arc::new(AtomicU8::new(qos));
        let ends = match Wanted::parse(text).ok_or(Refused::Malformed)? {
            Wanted::Nothing => Ends::Nothing,
            Wanted::Plain(filter) => {
                let out = Out::Reader { queue: queue.clone(), qos: Arc::clone(&qos) };
                Ends::Plain { _link: self.link(filter, out, inbox)? }
            }
            Wanted::Shared { filter, .. } => {
                let group = self.group(text, filter, inbox)?;
                let (stop, stopped) = oneshot::channel();
                let member = Member {
                    group: Arc::clone(&group),
                    queue: queue.clone(),
                    qos: Arc::clone(&qos),
                    stop: stopped,
                };
                if !inbox.connect(Item::Join(Box::new(member))) {
                    return Err(Refused::TooMany);
                }
                Ends::Member { _stop: stop, _group: group }
            }
        };
        Ok(Subscription { qos, ends })
    }

    fn group(&self, text: &str, filter: &str, inbox: &Inbox) -> Result<Arc<Group>, Refused> {
        let mut groups = lock(&self.groups);
        if let Some(group) = groups.get(text).and_then(Weak::upgrade) {
            return Ok(group);
        }
        groups.retain(|_, group| group.strong_count() > 0);
        let messages = Arc::new(Handoff::new(GROUP_QUEUE_MESSAGES_MAX));
        let link = self.link(filter, Out::Group(Arc::clone(&messages)), inbox)?;
        let group = Arc::new(Group { messages, _link: link });
        groups.insert(text.to_owned(), Arc::downgrade(&group));
        Ok(group)
    }

    fn link(&self, filter: &str, out: Out, inbox: &Inbox) -> Result<Open, Refused> {
        self.admit_filter(filter)?;
        let link = Counted::new(&self.links, self.links_max).ok_or(Refused::TooMany)?;
        let wanted = Counted::new(&self.wanted, usize::MAX).ok_or(Refused::TooMany)?;
        let (stop, stopped) = oneshot::channel();
        let tap = Tap { filter: filter.to_owned(), out, stop: stopped, link };
        if !inbox.connect(Item::Connect(Box::new(tap))) {
            return Err(Refused::TooMany);
        }
        Ok(Open { _stop: stop, _wanted: wanted })
    }

    fn admit_filter(&self, filter: &str) -> Result<(), Refused> {
        let mut filters = lock(&self.filters);
        if !filters.contains(filter) {
            if filters.len() >= self.filters_max {
                return Err(Refused::TooMany);
            }
            filters.insert(filter.to_owned());
        }
        Ok(())
    }
}
