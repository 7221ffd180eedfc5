using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>What is written about the steps: keys <c>log.*</c>.</summary>
public sealed record LogSection
{
    /// <summary>Steps between step lines and <see cref="StepEvent"/>s. Null: none.</summary>
    public int? Every { get; init; } = 1;

    /// <summary>Whether the run folder has an event file for TensorBoard too.</summary>
    public bool TensorBoard { get; init; }

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("log.", c => c.Log, (c, s) => c with { Log = s }));

    private static ConfigKey[] Describe(ConfigSection<LogSection> section) =>
    [
        section.Key("every", Interval, l => l.Every, (l, v) => l with { Every = v }, "steps between step lines", unit: "steps", free: true, also: "logInterval logSteps loggingSteps"),
        section.Key("tensorBoard", Flag, l => l.TensorBoard, (l, v) => l with { TensorBoard = v }, "an event file for TensorBoard beside `metrics.jsonl`", free: true, also: "tensorboard tfevents reportTo"),
    ];
}
