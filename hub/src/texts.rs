//! Every text that people read on the hub's pages, in Chinese and English: one table, so that neither language can
//! be forgotten.
//!
//! Keys: `state.*` presence; `kind.*`, `member.*`, `value.*` what a station reports, under
//! its wire name; `alert.*` what alerts say, `notify.*` what surrounds it in a message;
//! `problem.*`, `refusal.*` what the API refuses. Placeholders stand in `{}`.

mod alerts;
mod notices;
mod queries;
mod refusals;
mod said;

pub use said::Said;

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Text {
    #[serde(skip)]
    pub key: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
}

/// All texts by key.
#[must_use]
pub fn all() -> BTreeMap<&'static str, Text> {
    tables().map(|(key, zh, en)| (*key, Text { key, zh, en })).collect()
}

/// The text of this key.
#[must_use]
pub fn find(key: &str) -> Option<Text> {
    static BY_KEY: LazyLock<BTreeMap<&'static str, Text>> = LazyLock::new(all);
    BY_KEY.get(key).copied()
}

/// Those that the hub's pages show by themselves: all but what the API says in the caller's language.
#[must_use]
pub fn of_pages() -> BTreeMap<&'static str, Text> {
    let mut texts = all();
    texts.retain(|key, _| !key.starts_with("refusal.") && !key.starts_with("problem."));
    texts
}

fn tables() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    TEXTS.iter().chain(alerts::TEXTS).chain(notices::TEXTS).chain(refusals::TEXTS).chain(queries::TEXTS)
}

const TEXTS: &[(&str, &str, &str)] = &[
    ("state.never_seen", "从未上线", "Never seen"),
    ("state.online", "在线", "Online"),
    ("state.late", "久未上报", "Late"),
    ("state.offline", "离线", "Offline"),
    ("state.unknown", "未知", "Unknown"),
    ("kind.door", "门禁", "Door"),
    ("kind.cabinet", "换电柜", "Swap cabinet"),
    ("kind.swap", "换电", "Swap"),
    ("kind.occupancy", "在站人数", "Occupancy"),
    ("kind.environment", "环境", "Environment"),
    ("kind.amenity", "设施", "Amenity"),
    ("kind.fund", "爱心基金", "Fund"),
    ("kind.gateway", "网关", "Gateway"),
    ("member.event", "事件", "Event"),
    ("member.method", "方式", "Method"),
    ("member.deny_reason", "拒绝原因", "Why denied"),
    ("member.contact", "门磁", "Contact"),
    ("member.lock", "门锁", "Lock"),
    ("member.access", "通行", "Access"),
    ("member.lock_battery_pct", "门锁电池", "Lock battery"),
    ("member.status", "状态", "Status"),
    ("member.temperature_c", "温度", "Temperature"),
    ("member.humidity_pct", "湿度", "Humidity"),
    ("member.smoke", "烟感", "Smoke"),
    ("member.water", "水浸", "Water"),
    ("member.extinguisher", "灭火装置", "Extinguisher"),
    ("member.mains_v", "市电电压", "Mains voltage"),
    ("member.power_w", "功率", "Power"),
    ("member.energy_kwh", "电能", "Energy"),
    ("member.slots", "仓位", "Slots"),
    ("member.snapshot", "全量", "Snapshot"),
    ("member.slot", "仓位", "Slot"),
    ("member.state", "状态", "State"),
    ("member.class", "电压等级", "Voltage class"),
    ("member.soc_pct", "电量", "State of charge"),
    ("member.soh_pct", "健康度", "State of health"),
    ("member.voltage_v", "电压", "Voltage"),
    ("member.current_a", "电流", "Current"),
    ("member.cell_temp_max_c", "最高电芯温度", "Hottest cell"),
    ("member.cycles", "循环次数", "Cycles"),
    ("member.battery", "电池", "Battery"),
    ("member.swap", "换电编号", "Swap id"),
    ("member.result", "结果", "Result"),
    ("member.slot_in", "还入仓位", "Slot in"),
    ("member.slot_out", "取出仓位", "Slot out"),
    ("member.soc_in_pct", "还入电量", "Charge in"),
    ("member.soc_out_pct", "取出电量", "Charge out"),
    ("member.duration_s", "用时", "Duration"),
    ("member.people", "在站人数", "People present"),
    ("member.capacity", "容量", "Capacity"),
    ("member.seats_taken", "已占座位", "Seats taken"),
    ("member.entries_total", "累计进入", "Entries"),
    ("member.exits_total", "累计离开", "Exits"),
    ("member.co2_ppm", "CO₂", "CO₂"),
    ("member.pm2_5_ugm3", "PM2.5", "PM2.5"),
    ("member.pm10_ugm3", "PM10", "PM10"),
    ("member.hcho_mgm3", "甲醛", "Formaldehyde"),
    ("member.tvoc_mgm3", "TVOC", "TVOC"),
    ("member.noise_dba", "噪声", "Noise"),
    ("member.illuminance_lx", "照度", "Illuminance"),
    ("member.amenity", "设施", "Amenity"),
    ("member.uses_total", "累计使用", "Uses"),
    ("member.ports_total", "充电口", "Ports"),
    ("member.ports_in_use", "使用中充电口", "Ports in use"),
    ("member.water_c", "水温", "Water temperature"),
    ("member.tds_mgl", "水质 TDS", "TDS"),
    ("member.filter_pct", "滤芯剩余", "Filter left"),
    ("member.sales_total", "累计销售", "Sales"),
    ("member.fund_total_fen", "基金总额", "Fund"),
    ("member.breakfasts_total", "累计早餐", "Breakfasts"),
    ("member.agent", "采集代理版本", "Agent"),
    ("member.uptime_s", "运行时间", "Uptime"),
    ("member.outbox_records", "待发读数", "Waiting readings"),
    ("member.outbox_bytes", "待发字节", "Waiting bytes"),
    ("member.outbox_horizon_s", "待发区余时", "Outbox lasts"),
    ("member.lost_total", "累计丢失", "Lost"),
    ("member.clock_offset_ms", "时钟偏差", "Clock offset"),
    ("member.cpu_pct", "处理器", "CPU"),
    ("member.memory_mb", "内存", "Memory"),
    ("member.disk_free_mb", "磁盘余量", "Free disk"),
    ("member.rssi_dbm", "信号强度", "Signal"),
    ("member.mains", "市电", "Mains"),
    ("member.ups_pct", "备用电源", "UPS"),
    ("member.source", "数据源", "source"),
    ("member.source_state", "数据源状态", "source state"),
    ("member.source_readings_total", "已收读数", "readings taken"),
    ("member.source_refused_total", "被拒读数", "readings refused"),
    ("value.open", "开", "open"),
    ("value.close", "关", "close"),
    ("value.closed", "关", "closed"),
    ("value.unlock", "开门", "unlock"),
    ("value.denied", "拒绝开门", "denied"),
    ("value.forced", "强行开门", "forced"),
    ("value.held_open", "门未关", "held open"),
    ("value.qr", "二维码", "QR code"),
    ("value.id_card", "身份证", "ID card"),
    ("value.staff", "工作人员", "staff"),
    ("value.remote", "远程", "remote"),
    ("value.exit_button", "出门按钮", "exit button"),
    ("value.not_registered", "未登记", "not registered"),
    ("value.outside_hours", "非开放时间", "outside hours"),
    ("value.blocked", "已禁用", "blocked"),
    ("value.reader_fault", "读卡器故障", "reader fault"),
    ("value.locked", "锁定", "locked"),
    ("value.unlocked", "未锁", "unlocked"),
    ("value.jammed", "卡住", "jammed"),
    ("value.controlled", "管控", "controlled"),
    ("value.init", "启动中", "starting"),
    ("value.idle", "空闲", "idle"),
    ("value.swapping", "换电中", "swapping"),
    ("value.fault", "故障", "fault"),
    ("value.disabled", "停用", "disabled"),
    ("value.empty", "空仓", "empty"),
    ("value.charging", "充电中", "charging"),
    ("value.ready", "可换", "ready"),
    ("value.48V", "48V", "48V"),
    ("value.60V", "60V", "60V"),
    ("value.ok", "正常", "ok"),
    ("value.no_ready", "无可换电池", "no ready battery"),
    ("value.no_empty", "无空仓", "no empty slot"),
    ("value.not_inserted", "未还入", "not inserted"),
    ("value.not_taken", "未取出", "not taken"),
    ("value.door_open", "仓门未关", "door open"),
    ("value.timeout", "超时", "timeout"),
    ("value.wrong_battery", "电池不符", "wrong battery"),
    ("value.offline", "离线", "offline"),
    ("value.microwave", "微波炉", "microwave"),
    ("value.water_dispenser", "饮水机", "water dispenser"),
    ("value.washing_machine", "洗衣机", "washing machine"),
    ("value.shower", "淋浴", "shower"),
    ("value.charging_ports", "充电口", "charging ports"),
    ("value.air_conditioner", "空调", "air conditioner"),
    ("value.library", "图书借阅", "library"),
    ("value.other", "其他", "other"),
    ("value.in_use", "使用中", "in use"),
    ("value.waiting", "尚未连上", "not reached yet"),
    ("value.failing", "失效", "failing"),
    ("value.mqtt", "MQTT", "MQTT"),
    ("value.modbus", "Modbus", "Modbus"),
    ("value.http", "HTTP 上报", "posts"),
    ("value.cabinet", "换电柜", "swap cabinet"),
    ("value.line", "触点", "contact"),
    ("value.exec", "命令", "command"),
    ("value.system", "网关本机", "the gateway itself"),
    ("value.jsonl", "JSON 行", "JSON lines"),
    ("value.stdin", "标准输入", "standard input"),
];

#[cfg(test)]
mod tests {
    use super::{all, queries, refusals};
    use crate::fleet::State;
    use std::collections::BTreeSet;
    use waystation_protocol::{Kind, MemberSpec, MemberType, members};

    #[test]
    fn every_text_stands_once_and_in_both_languages() {
        assert_eq!(all().len(), super::tables().count(), "a key stands twice");
        for text in all().values() {
            assert!(!text.zh.is_empty() && !text.en.is_empty(), "{}", text.key);
        }
    }

    #[test]
    fn what_is_refused_has_the_same_placeholders_in_both_languages() {
        let names = |text: &str| -> BTreeSet<String> {
            let rests = text.split('{').skip(1);
            rests.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect()
        };
        for (key, zh, en) in refusals::TEXTS.iter().chain(queries::TEXTS) {
            assert_eq!(names(zh), names(en), "{key}");
            assert!(!zh.is_ascii(), "{key} is no Chinese");
        }
    }

    fn check_members(members: &[MemberSpec], missing: &mut Vec<String>) {
        let texts = all();
        for member in members {
            let mut names = vec![format!("member.{}", member.name)];
            match member.ty {
                MemberType::Choice(choices) => {
                    names.extend(choices.iter().map(|name| format!("value.{name}")))
                }
                MemberType::Slots(slot) => check_members(slot, missing),
                _ => {}
            }
            missing.extend(names.into_iter().filter(|name| !texts.contains_key(name.as_str())));
        }
    }

    #[test]
    fn everything_that_the_contract_names_has_a_text() {
        let mut missing = Vec::new();
        for kind in Kind::ALL.iter().copied() {
            missing.extend(
                [format!("kind.{}", kind.as_str())].into_iter().filter(|k| !all().contains_key(&**k)),
            );
            check_members(members(kind), &mut missing);
        }
        for state in State::ALL {
            let key = format!("state.{}", state.as_str());
            missing.extend((!all().contains_key(&*key)).then_some(key));
        }
        assert_eq!(missing, Vec::<String>::new());
    }
}
