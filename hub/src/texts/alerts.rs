//! What alerts say: `title` what happened and where, `advice` what to do. Placeholders are filled by
//! `fleet::alerts::Alert`: `{station}`, `{device}`, `{count}`, `{factor}`, `{common}`, and the alert's own values.

pub(super) const TEXTS: &[(&str, &str, &str)] = &[
    ("factor.address", "网段", "address range"),
    ("factor.grid", "网格", "grid"),
    ("factor.host", "承办单位类型", "host type"),
    ("factor.district", "区县", "district"),
    ("alert.cause.stopped", "中枢曾停止运行", "the hub was not running"),
    ("alert.cause.stalled", "中枢停顿", "the hub stood still"),
    ("alert.cause.unreached", "几乎所有驿站同时失去联系", "nearly all stations fell silent at once"),
    ("alert.switched_off", "（规则已停用，并非恢复）", " (its rule was switched off)"),
    ("alert.offline.title", "{station} 失去联系", "{station} is out of contact"),
    (
        "alert.offline.advice",
        "先致电驿站确认是否停电；有电则检查网关指示灯和 4G 信号，重启网关。数据仍存于网关，恢复后自动补传。",
        "Call the station: is the power out? If not, check the gateway's lights and 4G signal, and restart it. Its data waits in the gateway and follows by itself.",
    ),
    (
        "alert.offline.group_title",
        "{count} 个驿站同时失去联系，共同点：{factor} {common}",
        "{count} stations went out of contact together; in common: {factor} {common}",
    ),
    (
        "alert.offline.group_advice",
        "不要逐站派人：先查共同的原因（该范围的停电、运营商或专线故障），再处理未恢复的驿站。",
        "Send nobody to single stations yet: look for the common cause first (a power cut, the carrier, a leased line), then see which stations stay away.",
    ),
    (
        "alert.flapping.title",
        "{station} 反复掉线：{minutes} 分钟内连接 {sessions} 次",
        "{station} keeps reconnecting: {sessions} sessions in {minutes} minutes",
    ),
    (
        "alert.flapping.advice",
        "检查 4G 信号与天线；确认没有两台网关使用同一个编号和令牌（会互相顶替）。",
        "Check the 4G signal and antenna; make sure that no second gateway uses the same id and token, for they would take each other over.",
    ),
    ("alert.hub_blind.title", "中枢看不到驿站：{cause}", "The hub cannot see its stations: {cause}"),
    (
        "alert.hub_blind.advice",
        "检查中枢的网络、防火墙、证书与磁盘（waystation-hub check）。在此期间不判定单个驿站离线；恢复后自动解除。",
        "Check the hub's network, firewall, certificates and disk (waystation-hub check). Until then no single station is called offline; it clears by itself.",
    ),
    (
        "alert.records_lost.title",
        "{station} 丢失 {value} 条读数（网关丢弃 {dropped}，缺失 {missing}）",
        "{station} lost {value} readings ({dropped} dropped, {missing} missing)",
    ),
    (
        "alert.records_lost.advice",
        "在缺失台账中查看范围和原因；若网关待发区已满，增大其容量或改善链路；若存储卡损坏，更换。",
        "See the ledger for the ranges and the cause. If the gateway's outbox was full, enlarge it or mend the link; if its SD card fails, replace it.",
    ),
    (
        "alert.door_forced.title",
        "{station} 门 {device} 被强行打开",
        "Door {device} of {station} was forced open",
    ),
    (
        "alert.door_forced.advice",
        "查看监控，立即联系值守人员或报警；到场后检查门锁与门磁。",
        "Look at the camera and call the guard or the police now; then have lock and contact checked.",
    ),
    (
        "alert.door_held_open.title",
        "{station} 门 {device} 长时间未关",
        "Door {device} of {station} is held open",
    ),
    (
        "alert.door_held_open.advice",
        "联系驿站把门关上；若门已关，检查门磁与闭门器。",
        "Have somebody shut it. If it is shut, check the contact and the door closer.",
    ),
    (
        "alert.door_denied.title",
        "{station} 门 {device} 一小时内拒绝 {value}%（{denied}/{attempts}）",
        "Door {device} of {station} denied {value}% in an hour ({denied} of {attempts})",
    ),
    (
        "alert.door_denied.advice",
        "查看拒绝原因：读卡器故障则报修；多为未登记则在门口张贴登记方法。",
        "See the reasons: have a faulty reader repaired; if people are not registered, put the how-to on the door.",
    ),
    (
        "alert.door_locked.title",
        "{station} 已到开放时间，门 {device} 仍锁着",
        "Door {device} of {station} is still locked after opening time",
    ),
    (
        "alert.door_locked.advice",
        "联系值守人员开门，或远程开门；若今天休息，请修改驿站的开放时间或添加维护时段。",
        "Call the staff, or unlock it remotely. If the station is closed today, change its opening hours or add a maintenance window.",
    ),
    (
        "alert.cabinet_smoke.title",
        "{station} 换电柜 {device} 烟雾告警",
        "Smoke in swap cabinet {device} of {station}",
    ),
    (
        "alert.cabinet_smoke.advice",
        "拨打 119，疏散人员，远程断电；不要打开柜门。",
        "Call the fire brigade (119), clear the room, cut the power remotely. Do not open the cabinet.",
    ),
    (
        "alert.cabinet_water.title",
        "{station} 换电柜 {device} 浸水",
        "Water in swap cabinet {device} of {station}",
    ),
    (
        "alert.cabinet_water.advice",
        "远程断电并停用该柜，派人到场排水；干透并检测绝缘后再启用。",
        "Cut its power, take it out of service, send somebody to drain it; use it again only when it is dry and its insulation was tested.",
    ),
    (
        "alert.cabinet_extinguisher.title",
        "{station} 换电柜 {device} 灭火装置动作",
        "The extinguisher of swap cabinet {device} of {station} went off",
    ),
    (
        "alert.cabinet_extinguisher.advice",
        "按火情处理：拨打 119，疏散人员，远程断电；事后更换灭火装置。",
        "Treat it as a fire: call 119, clear the room, cut the power. Replace the extinguisher afterwards.",
    ),
    (
        "alert.cabinet_temperature.title",
        "{station} 换电柜 {device} 温度 {value} °C，超出界限 {limit} °C",
        "Swap cabinet {device} of {station} is at {value} °C, beyond {limit} °C",
    ),
    (
        "alert.cabinet_temperature.advice",
        "检查柜内风扇、加热与通风口；必要时停止充电。",
        "Check its fans, heating and vents; stop charging if it goes on.",
    ),
    (
        "alert.no_ready_battery.title",
        "{station} 换电柜 {device} 无 {class} 可换电池",
        "Swap cabinet {device} of {station} has no ready {class} battery",
    ),
    (
        "alert.no_ready_battery.advice",
        "调配充满的电池到该站；若有电池却不充电，检查市电与充电模块。",
        "Bring charged batteries. If batteries are there and do not charge, check the mains and the chargers.",
    ),
    (
        "alert.swaps_failed.title",
        "{station} 换电柜 {device} 一小时内换电失败 {value}%（{failed}/{attempts}）",
        "Swap cabinet {device} of {station} failed {value}% of its swaps in an hour ({failed} of {attempts})",
    ),
    (
        "alert.swaps_failed.advice",
        "按失败原因检查仓门锁、推杆与通信；停用出错的仓位。",
        "Check locks, ejectors and the link by the results; disable the slots that fail.",
    ),
    (
        "alert.cell_hot.title",
        "{station} 换电柜 {device} 第 {slot} 仓电芯 {value} °C",
        "A cell in slot {slot} of {device}, {station}, is at {value} °C",
    ),
    (
        "alert.cell_hot.advice",
        "停止该仓充电并远程锁仓；60 °C 以上按火险处理：断电、疏散、通知消防。",
        "Stop charging that slot and lock it. From 60 °C on treat it as a fire risk: cut the power, clear the room, tell the fire brigade.",
    ),
    (
        "alert.cell_rise.title",
        "{station} 换电柜 {device} 第 {slot} 仓电芯升温 {value} °C/分钟",
        "A cell in slot {slot} of {device}, {station}, heats by {value} °C a minute",
    ),
    (
        "alert.cell_rise.advice",
        "可能热失控：立即远程断电，疏散人员，通知消防；不要打开仓门。",
        "This may be thermal runaway: cut the power now, clear the room, call the fire brigade. Do not open the slot.",
    ),
    (
        "alert.cell_cold_charge.title",
        "{station} 换电柜 {device} 第 {slot} 仓在 {value} °C 充电",
        "Slot {slot} of {device}, {station}, charges at {value} °C",
    ),
    (
        "alert.cell_cold_charge.advice",
        "停止充电：低温充电会析锂，电池须检测后再用；检查柜内加热。",
        "Stop charging: it plates lithium at this temperature, and the battery must be tested before use. Check the cabinet's heating.",
    ),
    (
        "alert.crowded.title",
        "{station} {device} 超员：{people}/{capacity}（{value}%）",
        "{device} of {station} is over capacity: {people} of {capacity} ({value}%)",
    ),
    (
        "alert.crowded.advice",
        "联系值守人员疏导，引导到附近驿站；若人数明显不对，校准计数器。",
        "Have the staff guide people to a station nearby; if the number is plainly wrong, calibrate the counter.",
    ),
    (
        "alert.co2_high.title",
        "{station} {device} CO₂ 小时均值 {value} ppm（参考限值 {limit}）",
        "CO₂ at {device} of {station}: hourly mean {value} ppm (indicative limit {limit})",
    ),
    ("alert.co2_high.advice", "开窗或加大新风。", "Open windows, or turn up the ventilation."),
    (
        "alert.co2_peak.title",
        "{station} {device} CO₂ 达 {value} ppm",
        "CO₂ at {device} of {station} is at {value} ppm",
    ),
    (
        "alert.co2_peak.advice",
        "立即通风并减少室内人数；检查新风设备。",
        "Ventilate now and let fewer people in; check the ventilation.",
    ),
    (
        "alert.pm2_5_high.title",
        "{station} {device} PM2.5 日均值 {value} µg/m³（参考限值 {limit}）",
        "PM2.5 at {device} of {station}: 24-hour mean {value} µg/m³ (indicative limit {limit})",
    ),
    (
        "alert.pm2_5_high.advice",
        "关窗，开启净化器，检查滤芯；吸烟角靠近传感器时请移开。",
        "Shut the windows, run the air purifier and check its filter; move the sensor if the smoking corner is close.",
    ),
    (
        "alert.hcho_high.title",
        "{station} {device} 甲醛小时均值 {value} mg/m³（参考限值 {limit}）",
        "Formaldehyde at {device} of {station}: hourly mean {value} mg/m³ (indicative limit {limit})",
    ),
    (
        "alert.hcho_high.advice",
        "持续通风；新装修或新家具请检测机构复测。",
        "Keep ventilating; after new furniture or paint have it measured by a laboratory.",
    ),
    (
        "alert.tvoc_high.title",
        "{station} {device} TVOC 8 小时均值 {value} mg/m³（参考限值 {limit}）",
        "TVOC at {device} of {station}: 8-hour mean {value} mg/m³ (indicative limit {limit})",
    ),
    (
        "alert.tvoc_high.advice",
        "通风，查找油漆、清洁剂等来源并移走。",
        "Ventilate; find paint, cleaner or the like and take it away.",
    ),
    (
        "alert.room_temperature.title",
        "{station} {device} 室温 {value} °C（界限 {limit} °C）",
        "It is {value} °C at {device} of {station} (limit {limit} °C)",
    ),
    (
        "alert.room_temperature.advice",
        "检查空调或暖气；无法恢复时引导到附近驿站。",
        "Check air conditioner or heating; if it cannot be mended, guide people to a station nearby.",
    ),
    (
        "alert.clock_off.title",
        "{station} 网关时钟偏差 {value} 秒",
        "The gateway's clock at {station} is off by {value} s",
    ),
    (
        "alert.clock_off.advice",
        "检查网关的 NTP 与时钟电池；偏差超过 120 秒的读数会被隔离。",
        "Check NTP and the clock's battery on the gateway; readings more than 120 s ahead are quarantined.",
    ),
    (
        "alert.outbox_growing.title",
        "{station} 待发区持续增长，已有 {value} 条",
        "The outbox of {station} keeps growing: {value} records wait",
    ),
    (
        "alert.outbox_growing.advice",
        "检查链路带宽与丢包；确认中枢磁盘未满（/readyz）。",
        "Check the link's bandwidth and losses, and that the hub's disk is not full (/readyz).",
    ),
    (
        "alert.outbox_horizon.title",
        "{station} 待发区 {value} 小时后将满",
        "The outbox of {station} will be full in {value} hours",
    ),
    (
        "alert.outbox_horizon.advice",
        "在写满之前恢复链路，或增大网关的待发区；写满后最旧的读数会丢失。",
        "Mend the link or enlarge the gateway's outbox before that; then the oldest readings are dropped.",
    ),
    (
        "alert.source_failing.title",
        "{station} 数据源 {device}（{source}）已有 {minutes} 分钟不工作",
        "Source {device} ({source}) of {station} has not worked for {minutes} minutes",
    ),
    (
        "alert.source_failing.advice",
        "在网关上运行 waystation-agent check，它逐个试数据源并说明怎么办；检查设备的电源和接线。",
        "Run waystation-agent check on the gateway: it tries each source and says what to do. Check the device's power and wires.",
    ),
    (
        "alert.idle_door.title",
        "{station} 门 {device} 在往常繁忙的 {hours} 个小时内没有任何事件",
        "Door {device} of {station} had no event in {hours} hours that are busy every week",
    ),
    (
        "alert.idle_door.advice",
        "去现场开一次门：若仍无事件，门磁或读卡器失灵；若驿站临时关闭，添加维护时段。",
        "Open the door once: if no event comes, contact or reader is dead. If the station is closed for now, add a maintenance window.",
    ),
    (
        "alert.stuck_counter.title",
        "{station} 计数器 {device} 在往常繁忙的 {hours} 个小时内没有变化",
        "Counter {device} of {station} has not moved in {hours} hours that are busy every week",
    ),
    (
        "alert.stuck_counter.advice",
        "清洁或重启计数器，检查是否被遮挡；在此之前该站的人次与利用率不可信。",
        "Clean or restart the counter, and see whether something covers it. Until then its visits and utilisation are not to be trusted.",
    ),
    (
        "alert.idle_cabinet.title",
        "{station} 换电柜 {device} 有可换电池，却在往常繁忙的 {hours} 个小时内没有换出一块",
        "Swap cabinet {device} of {station} has ready batteries, but gave none out in {hours} hours that are busy every week",
    ),
    (
        "alert.idle_cabinet.advice",
        "试换一次电池；检查二维码、支付与仓门锁。",
        "Try a swap; check the QR code, the payment and the locks.",
    ),
    (
        "alert.stuck_sensor.title",
        "{station} 传感器 {device} {hours} 小时没有变化：{members}",
        "Sensor {device} of {station} has not changed for {hours} hours: {members}",
    ),
    (
        "alert.stuck_sensor.advice",
        "重启或更换传感器；过去最长 {longest_hours} 小时不变。",
        "Restart or replace the sensor; before, it never stood still for more than {longest_hours} hours.",
    ),
];
