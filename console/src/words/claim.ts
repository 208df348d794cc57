export const claim = {
  code: ["认领码", "Claim code"],
  token: ["令牌", "Token"],
  how: ["网关怎样得到令牌", "How the gateway gets its token"],
  by_token: ["显示令牌，由您交给网关", "Show the token; you carry it to the gateway"],
  by_code: ["生成认领码，工程师在现场输入", "Make a claim code; the engineer types it on site"],
  title: ["为 {name} 生成认领码？", "A claim code for {name}?"],
  about: [
    "工程师在现场用它换取新令牌，只能用一次。在此之前旧令牌仍有效，更早的认领码立即作废。",
    "On site it is traded for a new token, once. Until then the old token stays good; an earlier code is void at once.",
  ],
  life: ["有效期", "Good for"],
  "life.3600": ["1 小时", "1 hour"],
  "life.86400": ["24 小时", "24 hours"],
  "life.604800": ["7 天", "7 days"],
  "life.2592000": ["30 天", "30 days"],
  make: ["生成", "Make it"],
  made: ["驿站 {name} 的认领码", "The claim code of station {name}"],
  once: [
    "只显示这一次，也只能用一次。{until} 之前有效；遗失或过期后再生成一个。",
    "It is shown this once and good once, until {until}. If it is lost or late, make another one.",
  ],
  copy_code: ["复制认领码", "Copy the code"],
  then: [
    "交给现场的工程师。在网关上运行下面的命令，网关就会取得令牌并写好配置：",
    "Give it to the engineer on site. This command on the gateway fetches the token and writes the configuration:",
  ],
  copy_command: ["复制命令", "Copy the command"],
  which_hub: [
    "把 HUB 换成网关能访问的中枢 HTTPS 地址。",
    "Put the address of this hub, as the gateway reaches it over HTTPS, in the place of HUB.",
  ],
  which_ca: [
    "中枢证书若由自有机构签发，加上 --ca 文件。",
    "If an authority of your own signed the hub's certificate, add --ca FILE.",
  ],
} as const;
