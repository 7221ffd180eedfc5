using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>Checkpoints in the run folder: keys <c>checkpoint.*</c>.</summary>
public sealed record CheckpointSection
{
    /// <summary>Steps between checkpoints; the last step is always followed by one. Null: only then, and when a run is cancelled.</summary>
    public int? Every { get; init; } = 250;

    /// <summary>Newest checkpoints kept; older ones are deleted. At least 1; 2 or more allow falling back from a damaged one.</summary>
    public int Keep { get; init; } = 2;

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("checkpoint.", c => c.Checkpoint, (c, s) => c with { Checkpoint = s }));

    private static ConfigKey[] Describe(ConfigSection<CheckpointSection> section) =>
    [
        section.Key("every", Interval, p => p.Every, (p, v) => p with { Every = v },
            "steps between checkpoints; the last step is always followed by one, also with -1", unit: "steps", free: true),
        section.Key("keep", Whole(1), p => p.Keep, (p, v) => p with { Keep = v }, "newest checkpoints kept", free: true),
    ];
}
