import { Appearance } from "../components/settings/appearance";
import { ChannelList } from "../components/settings/channel-list";
import { StationList } from "../components/settings/station-list";
import { TokenList } from "../components/settings/token-list";
import { Tabs } from "../components/tabs";
import { useChosen } from "../state/place";
import "../style/lists.css";
import "../style/settings.css";
import "../style/tools.css";
import { speak, t } from "../words";
import { settings } from "../words/settings";

const w = speak(settings);

const PARTS = {
  stations: StationList,
  tokens: TokenList,
  channels: ChannelList,
  appearance: Appearance,
} as const;
const NAMES = ["stations", "tokens", "channels", "appearance"] as const;

export function Settings() {
  const [chosen] = useChosen();
  const part = NAMES.find((name) => name === chosen.get("part")) ?? "stations";
  const Part = PARTS[part];
  return (
    <>
      <h1>{t("settings")}</h1>
      <Tabs
        label={t("settings")}
        name="part"
        chosen={part}
        choices={NAMES.map((name) => [name, w(name)] as const)}
      />
      <Part />
    </>
  );
}
