using System.Globalization;
using System.Text.Json;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>A run's configuration as keys and texts, in groups by where the values come from.</summary>
/// <param name="Config">The configuration; null for a run of a task of one's own.</param>
/// <param name="Groups">Keys and values by origin, what was given for this run first.</param>
/// <param name="TotalSteps">How long the run is to be; null if the file does not say.</param>
internal sealed record RunSettings(TrainingConfig? Config, IReadOnlyList<SettingGroup> Groups, long? TotalSteps)
{
    private const int LongestText = 400;

    private static readonly JsonOptions s_options = new() { Operation = "report", MostBytes = 1 << 24 };

    /// <summary>All keys and values.</summary>
    public IEnumerable<KeyValuePair<string, string>> All => Groups.SelectMany(group => group.Settings);

    /// <summary>Reads a run folder's <c>config.json</c>, whatever kind of run it is.</summary>
    /// <exception cref="InvalidFileException">There is no run, or its configuration cannot be read.</exception>
    public static RunSettings Read(RunFolder folder)
    {
        try
        {
            TrainingConfig config = folder.ReadConfig();
            return new(config, [.. OfConfig(config)], config.Train.Steps);
        }
        catch (BadInputException)
        {
            JsonEntry root = JsonFile.Read(folder.ConfigPath, s_options).Object();
            List<KeyValuePair<string, string>> leaves = [];
            AddLeaves(root, "", leaves);
            long? steps = root.Find("trainer")?.Find("steps") is { } length && length.TryWholeNumber(0, int.MaxValue, out long total) ? total : null;
            return new(null, [new("the run's config.json", leaves)], steps);
        }
    }

    /// <summary>The file holds values and not where they came from; what its preset or the defaults would have given came from there.</summary>
    private static IEnumerable<SettingGroup> OfConfig(TrainingConfig config)
    {
        TrainingConfig start = Presets.Names.Contains(config.Preset, StringComparer.Ordinal) ? TrainingConfig.FromPreset(config.Preset) : new();
        return ConfigKeys.All
            .Where(key => key.Name != "preset" && (key.IsUsed(config) || key.Text(config) != key.Text(start)))
            .GroupBy(key => key.Text(config) == key.Text(start) ? start.OriginOf(key).ToString() : SettingGroup.Given)
            .OrderBy(group => group.Key switch { SettingGroup.Given => 0, "default" => 2, _ => 1 })
            .Select(group => new SettingGroup(group.Key, [.. group.Select(key => KeyValuePair.Create(key.Name, OneLine.Cut(key.Text(config), LongestText)))]));
    }

    private static void AddLeaves(JsonEntry entry, string place, List<KeyValuePair<string, string>> leaves)
    {
        if (entry.Kind == JsonValueKind.Object)
        {
            foreach (JsonEntry member in entry.Members())
            {
                AddLeaves(member, place.Length == 0 ? member.Name : $"{place}.{member.Name}", leaves);
            }

            return;
        }

        leaves.Add(KeyValuePair.Create(OneLine.Cut(place, LongestText), OneLine.Cut(entry.TryText(out string text) ? text : entry.RawText, LongestText)));
    }
}

/// <summary>Settings that come from one place.</summary>
/// <param name="Origin">The place.</param>
/// <param name="Settings">Keys and values.</param>
internal sealed record SettingGroup(string Origin, IReadOnlyList<KeyValuePair<string, string>> Settings)
{
    /// <summary>Neither preset nor default.</summary>
    public const string Given = "set for this run";
}

/// <summary>Where a run was trained.</summary>
internal static class RunMachine
{
    private static readonly JsonOptions s_options = new() { Operation = "report" };

    /// <summary>Names and values of <c>environment.json</c>; none where it cannot be read.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(RunFolder folder)
    {
        try
        {
            return [.. JsonFile.Read(folder.EnvironmentPath, s_options).Object().Members()
                .Select(member => KeyValuePair.Create(OneLine.Short(member.Name.Replace('_', ' ')), Text(member)))];
        }
        catch (InvalidFileException)
        {
            return [];
        }
    }

    /// <summary>A time has as many digits as somebody reads.</summary>
    private static string Text(JsonEntry member) => !member.TryText(out string text) ? OneLine.Short(member.RawText)
        : member.Name == "started" && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out DateTimeOffset time) ? time.ToString("u", CultureInfo.InvariantCulture)[..^1] + " UTC" : OneLine.Short(text);
}
