using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>Checkpoints in the run folder: keys <c>checkpoint.*</c>.</summary>
public sealed record CheckpointSection
{
    /// <summary>Steps between checkpoints; the last step is always followed by one, and an evaluation that is the best so far. Null: only the last step, and when a run is cancelled.</summary>
    public int? Every { get; init; } = 250;

    /// <summary>Newest checkpoints kept, besides the one of the best evaluation; older ones are deleted. At least 1; 2 or more allow falling back from a damaged one.</summary>
    public int Keep { get; init; } = 2;

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("checkpoint.", c => c.Checkpoint, (c, s) => c with { Checkpoint = s }));

    private static ConfigKey[] Describe(ConfigSection<CheckpointSection> section) =>
    [
        section.Key("every", Interval, p => p.Every, (p, v) => p with { Every = v },
            "steps between checkpoints; an evaluation that is the best so far is followed by one too, and the last step always, also with -1", unit: "steps", free: true, also: "saveEvery saveInterval saveSteps"),
        section.Key("keep", Whole(1), p => p.Keep, (p, v) => p with { Keep = v }, "newest checkpoints kept, besides the one of the best evaluation", free: true, also: "saveTotalLimit maxCheckpoints"),
    ];
}
