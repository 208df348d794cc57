//! Why a reading, or a whole payload, goes to the quarantine.

use crate::names::names;

names! {
    /// A stable label; `as_str()` is what metrics, the API and the quarantine show.
    pub enum Reason {
        NotUtf8 = "not_utf8",
        NotJson = "not_json",
        NotAnObject = "not_an_object",
        UnknownMember = "unknown_member",
        DuplicateMember = "duplicate_member",
        WrongType = "wrong_type",
        OutOfRange = "out_of_range",
        /// The text is no value of the enumeration, breaks the pattern of an id, or is too long.
        BadValue = "bad_value",
        MissingMember = "missing_member",
        NoMeasurement = "no_measurement",
        FutureTime = "future_time",
        TooOld = "too_old",
        BadBatch = "bad_batch",
        BadCompression = "bad_compression",
        TooLarge = "too_large",
        UnknownKind = "unknown_kind",
        UnknownTopic = "unknown_topic",
    }
}

impl Reason {
    /// A sentence for an operator, in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::NotUtf8 => "the payload is not UTF-8 text",
            Self::NotJson => "the payload is not JSON",
            Self::NotAnObject => "a reading must be a JSON object",
            Self::UnknownMember => "the member is not part of the contract",
            Self::DuplicateMember => "the member stands twice in one object",
            Self::WrongType => "the member has the wrong JSON type",
            Self::OutOfRange => "the number is outside the physical range",
            Self::BadValue => "the text is not one of the allowed values",
            Self::MissingMember => "a required member is missing",
            Self::NoMeasurement => "the reading holds no measurement",
            Self::FutureTime => "the time lies too far in the future: check the device's clock",
            Self::TooOld => "the reading is older than the hub accepts",
            Self::BadBatch => "the batch header is not valid",
            Self::BadCompression => "the payload is not one whole zstd frame",
            Self::TooLarge => "the payload is larger than the hub accepts",
            Self::UnknownKind => "the kind of reading is unknown",
            Self::UnknownTopic => "the topic is not part of the contract",
        }
    }

    /// The same sentence in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NotUtf8 => "报文不是 UTF-8 文本",
            Self::NotJson => "报文不是 JSON",
            Self::NotAnObject => "一条读数必须是 JSON 对象",
            Self::UnknownMember => "字段不在协议之内",
            Self::DuplicateMember => "同一对象中字段重复",
            Self::WrongType => "字段的 JSON 类型不对",
            Self::OutOfRange => "数值超出物理量程",
            Self::BadValue => "文本不在允许的取值之内",
            Self::MissingMember => "缺少必填字段",
            Self::NoMeasurement => "读数中没有任何测量值",
            Self::FutureTime => "时间超前过多，请检查设备时钟",
            Self::TooOld => "读数过旧，超出接收期限",
            Self::BadBatch => "批量报文的头部无效",
            Self::BadCompression => "报文不是一个完整的 zstd 帧",
            Self::TooLarge => "报文超出大小限制",
            Self::UnknownKind => "未知的读数类型",
            Self::UnknownTopic => "主题不在协议之内",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.en())
    }
}

/// One reading, or a whole payload, that could not be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Position in the array or batch; 0 for a single reading or a whole payload.
    pub index: u32,
    pub reason: Reason,
    /// The member at fault (a slot's as `slots.soc_pct`), at most 64 characters, control characters replaced.
    /// Never a value.
    pub member: Option<String>,
    /// That reading's JSON, or the whole payload as it was received.
    pub payload: Vec<u8>,
}

/// What was wrong, put aside while parsing: serde's own errors cannot carry it, and their texts carry values,
/// which must never reach a log.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub reason: Option<Reason>,
    pub member: Option<String>,
}

impl Fault {
    pub fn new(reason: Reason, member: &str) -> Self {
        let mut fault = Self::default();
        fault.note(reason, Some(member));
        fault
    }

    /// Keeps the first fault; later ones are its consequences.
    pub fn note(&mut self, reason: Reason, member: Option<&str>) {
        if self.reason.is_none() {
            self.reason = Some(reason);
            self.member = member.map(printable);
        }
    }

    /// Notes the fault and gives an error that stops the parser.
    pub fn stop<E: serde::de::Error>(&mut self, reason: Reason, member: Option<&str>) -> E {
        self.note(reason, member);
        E::custom("refused")
    }

    /// Names the member that the fault lies in, from the inside out: `soc_pct` becomes `slots.soc_pct`.
    pub fn prefix(&mut self, outer: &str) {
        self.member = Some(match self.member.take() {
            Some(inner) => printable(&format!("{outer}.{inner}")),
            None => outer.to_owned(),
        });
    }

    /// Without a noted reason the text itself was broken.
    pub fn reject(self, index: u32, payload: &[u8]) -> Rejected {
        let reason = self.reason.unwrap_or(Reason::NotJson);
        Rejected { index, reason, member: self.member, payload: payload.to_vec() }
    }
}

/// A member's name as it may be shown: at most 64 characters, control characters replaced.
fn printable(name: &str) -> String {
    const CHARS_MAX: usize = 64;
    let shown = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    name.chars().take(CHARS_MAX).map(shown).collect()
}
