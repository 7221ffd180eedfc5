using System.Xml.Linq;
using MuonSharp.Experiments;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The whole effective configuration, each key under the place its value comes from, in the form that <c>--set</c> takes; but for keys that nothing uses and nobody gave.</summary>
internal static class EffectiveSettings
{
    /// <summary>Rows of origin and <c>key=value</c> pairs, what was given for this run first.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(TrainingConfig config) => Of(config, ConfigKeys.All, config.OriginOf);

    /// <summary>The same of what the runs of a comparison have in common.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(SharedConfiguration shared) => Of(shared.Config, shared.Keys, shared.OriginOf);

    /// <summary>The latter as a part of a page that opens.</summary>
    public static XElement Details(SharedConfiguration shared) => new(
        "details",
        new XAttribute("class", "box"),
        new XElement("summary", "All keys that the runs have in common, by where their values come from"),
        new XElement("dl", Of(shared).SelectMany(row => (XElement[])[new("dt", row[0]), new("dd", new XElement("code", row[1]))])));

    private static IEnumerable<IReadOnlyList<string>> Of(TrainingConfig config, IEnumerable<ConfigKey> keys, Func<ConfigKey, ConfigOrigin> origin) =>
        keys.Where(key => key.Name != "preset" && (key.IsUsed(config) || origin(key).IsGiven)).GroupBy(origin).OrderByDescending(group => group.Key.Source)
            .Select(group => (string[])[$"{group.Key}", string.Join("  ", group.Select(key => $"{key.Name}={OneLine.Short(key.Text(config))}"))]);
}
