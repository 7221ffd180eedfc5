namespace MuonSharp.Training;

/// <summary>All keys as the tables in <c>docs/configuration.md</c>: one for each section.</summary>
internal static class ConfigTable
{
    /// <summary>The lines of all tables, each under its heading.</summary>
    public static IEnumerable<string> Lines() => ConfigKeys.All.GroupBy(key => key.Name.Split('.')[0]).SelectMany(Table);

    private static IEnumerable<string> Table(IGrouping<string, ConfigKey> keys)
    {
        yield return "";
        yield return $"## `{keys.Key}`";
        yield return "";
        yield return "| key | default | a value is | meaning |";
        yield return "|---|---|---|---|";
        foreach (ConfigKey key in keys)
        {
            string text = key.Text(ConfigOrigins.Defaults);
            string rule = key.Choices.Aggregate(key.Rule, (rule, choice) => rule.Replace($" {choice},", $" `{choice}`,", StringComparison.Ordinal));
            rule = key.Choices.Count > 0 && rule.EndsWith(key.Choices[^1], StringComparison.Ordinal) ? $"{rule[..^key.Choices[^1].Length]}`{key.Choices[^1]}`" : rule;
            string used = key.UsedWhen is { } condition ? $" (depends on `{condition.Key}`)" : "";
            yield return $"| `{key.Name}` | {(text.Length == 0 ? "(empty)" : text)} | {rule}{(key.Unit is null || rule.Contains(key.Unit, StringComparison.Ordinal) ? "" : $" ({key.Unit})")} | {key.Help}{used}{(key.FreeOnResume ? "" : " †")} |";
        }
    }
}
