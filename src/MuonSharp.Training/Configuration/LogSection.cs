using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>The step lines of <c>metrics.jsonl</c>: keys <c>log.*</c>.</summary>
public sealed record LogSection
{
    /// <summary>Steps between step lines and <see cref="StepEvent"/>s. Null: none.</summary>
    public int? Every { get; init; } = 1;

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("log.", c => c.Log, (c, s) => c with { Log = s }));

    private static ConfigKey[] Describe(ConfigSection<LogSection> section) =>
        [section.Key("every", Interval, l => l.Every, (l, v) => l with { Every = v }, "steps between step lines", unit: "steps", free: true, also: "logInterval logSteps loggingSteps")];
}
