import { language, theme, who, type Language, type Theme } from "../../state/session";
import { speak } from "../../words";
import { audit } from "../../words/audit";
import { settings } from "../../words/settings";

const w = speak(settings);
const roles = speak(audit);

export function Appearance() {
  const me = who.value;
  return (
    <section class="card stack narrow" aria-label={w("appearance")}>
      <p>
        {w("you")}{" "}
        <strong>
          {me === null || me.name === null ? w("nobody") : `${me.name} · ${roles(`role.${me.role}`)}`}
        </strong>
      </p>
      <Choice<Language>
        legend={w("language")}
        name="language"
        chosen={language.value}
        choices={["zh", "en"]}
        choose={(value) => (language.value = value)}
      />
      <Choice<Theme>
        legend={w("theme")}
        name="theme"
        chosen={theme.value}
        choices={["auto", "light", "dark"]}
        choose={(value) => (theme.value = value)}
      />
      <p class="hint">{w("kept")}</p>
    </section>
  );
}

interface ChoiceProps<Value extends string> {
  legend: string;
  name: "language" | "theme";
  chosen: Value;
  choices: readonly Value[];
  choose(value: Value): void;
}

function Choice<Value extends string>({ legend, name, chosen, choices, choose }: ChoiceProps<Value>) {
  return (
    <fieldset class="radios">
      <legend>{legend}</legend>
      {choices.map((value) => (
        <label key={value} class="check">
          <input type="radio" name={name} checked={value === chosen} onChange={() => choose(value)} />
          {w(`${name}.${value}` as "theme.auto")}
        </label>
      ))}
    </fieldset>
  );
}
