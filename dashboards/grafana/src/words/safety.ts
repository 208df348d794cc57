import type { Text, Words } from "../kit/speech";

export const safety = {
  page: {
    title: ["安全", "Safety"],
    about: ["给安全责任人：烟、水、高温、强行开门，哪里、多久了。", "For whoever answers for safety: smoke, water, heat and forced doors, where and since when."],
  },
  smoke: {
    title: ["烟感报警的换电柜", "Cabinets with smoke"],
    about: ["15 分钟内最后上报为烟感报警。立即断电、疏散并拨打 119。", "The last word within 15 minutes was smoke. Cut the power, clear the room, call the fire brigade."],
  },
  water: {
    title: ["水浸的换电柜", "Cabinets in water"],
    about: ["15 分钟内最后上报为水浸。立即断电，不要触碰柜体。", "The last word within 15 minutes was water. Cut the power and do not touch the cabinet."],
  },
  extinguisher: {
    title: ["灭火装置动作", "Extinguishers released"],
    about: ["15 分钟内最后上报为灭火装置已动作。按火警处理。", "The last word within 15 minutes was a released extinguisher. Treat it as a fire."],
  },
  hotCells: {
    title: ["50 °C 以上的仓位", "Slots above 50 °C"],
    about: ["一小时内达到 50 °C 的仓位数。60 °C 以上立即断电。", "Slots that reached 50 °C within the hour. Cut the power above 60 °C."],
  },
  forced: {
    title: ["强行开门", "Forced doors"],
    about: ["所选时间内门禁上报的强行开门次数。每一次都要核实。", "Times that doors reported to have been forced. Check each one."],
  },
  critical: {
    title: ["安全类严重告警", "Critical safety alerts"],
    about: ["尚未恢复的严重告警。", "Critical alerts that still fire."],
  },
  alerts: {
    title: ["安全告警", "Safety alerts"],
    about: ["所选时间内开始的烟、水、高温、强行开门告警。未恢复的先处理。", "Smoke, water, heat and forced doors that began in the chosen time. First those that still fire."],
  },
  cabinets: {
    title: ["报警的换电柜", "Cabinets in alarm"],
    about: ["15 分钟内烟感、水浸或灭火装置报警的柜子及其温度。", "Cabinets whose smoke, water or extinguisher contact was in alarm within 15 minutes."],
  },
  hot: {
    title: ["最热的 20 个仓位", "The 20 hottest slots"],
    about: ["一小时内的电芯最高温度。连续上升的先处理。", "Hottest cell within the hour. Those that keep rising come first."],
  },
  cabinetHeat: {
    title: ["最热的 20 个换电柜", "The 20 hottest cabinets"],
    about: ["一小时内的柜内最高温度。正常范围 0–55 °C。", "Highest temperature within the hour. Should be within 0–55 °C."],
  },
  temperature: {
    title: ["最高温度", "Highest temperatures"],
    about: ["所选区县的电芯、柜内、室内最高温度。", "Of cells, cabinets and rooms in the chosen districts."],
  },
  doors: {
    title: ["门禁异常", "Doors"],
    about: ["强行开门和门未关的次数。", "Forced and held open, by time."],
  },
  forcedDoors: {
    title: ["强行开门最多的 20 处", "The 20 doors forced most"],
    about: ["所选时间内的次数。反复出现的，检查门锁和门磁，调看录像。", "In the chosen time. If one comes again and again, check lock and contact, and look at the recording."],
  },
} as const satisfies Record<string, Words>;

export const safetyColumns = {
  smoke: ["烟感", "Smoke"],
  water: ["水浸", "Water"],
  extinguisher: ["灭火装置", "Extinguisher"],
  temperature: ["温度", "Temperature"],
  cabinet: ["换电柜", "Cabinet"],
  door: ["门", "Door"],
  times: ["次数", "Times"],
  cells: ["电芯", "cells"],
  cabinets: ["柜内", "cabinets"],
  rooms: ["室内", "rooms"],
} as const satisfies Record<string, Text>;
