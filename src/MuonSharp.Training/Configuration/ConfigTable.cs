namespace MuonSharp.Training;

/// <summary>All keys as the table in <c>docs/configuration.md</c>.</summary>
internal static class ConfigTable
{
    /// <summary>The lines, the header first.</summary>
    public static IEnumerable<string> Lines()
    {
        yield return "| key | default | a value is | meaning |";
        yield return "|---|---|---|---|";
        foreach (ConfigKey key in ConfigKeys.All)
        {
            string text = key.Text(ConfigOrigins.Defaults);
            string rule = key.Choices.Aggregate(key.Rule, (rule, choice) => rule.Replace($" {choice},", $" `{choice}`,", StringComparison.Ordinal));
            rule = key.Choices.Count > 0 && rule.EndsWith(key.Choices[^1], StringComparison.Ordinal) ? $"{rule[..^key.Choices[^1].Length]}`{key.Choices[^1]}`" : rule;
            string used = key.UsedWhen is { } condition ? $" (depends on `{condition.Key}`)" : "";
            yield return $"| `{key.Name}` | {(text.Length == 0 ? "(empty)" : text)} | {rule}{(key.Unit is null || rule.Contains(key.Unit, StringComparison.Ordinal) ? "" : $" ({key.Unit})")} | {key.Help}{used}{(key.FreeOnResume ? "" : " †")} |";
        }
    }
}
