using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>What is written about the steps: keys <c>log.*</c>.</summary>
public sealed record LogSection
{
    /// <summary>Steps between step lines and <see cref="StepEvent"/>s. Null: none.</summary>
    public int? Every { get; init; } = 1;

    /// <summary>Whether the run folder has an event file for TensorBoard too.</summary>
    public bool TensorBoard { get; init; }

    /// <summary>A number of steps that stands for: 100, or as many hundreds as keep spectra below a hundredth of the run's time by arithmetic, see <see cref="SpectrumPlan"/>.</summary>
    public const int ByShape = 0;

    /// <summary>Steps between spectra: singular values of <see cref="Spectra"/>; <see cref="ByShape"/> by default. Null: none.</summary>
    public int? SpectraEvery { get; init; } = ByShape;

    /// <summary>The matrices whose singular values are written down, names with commas between. Null: four hidden ones, evenly spread over the network.</summary>
    public string? Spectra { get; init; }

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("log.", c => c.Log, (c, s) => c with { Log = s }));

    private static readonly ConfigCondition s_spectra = new("log.spectraEvery", c => c.Log.SpectraEvery is not null);

    private static ConfigKey[] Describe(ConfigSection<LogSection> section) =>
    [
        section.Key("every", Interval, l => l.Every, (l, v) => l with { Every = v }, "steps between step lines", unit: "steps", free: true, also: "logInterval logSteps loggingSteps"),
        section.Key("tensorBoard", Flag, l => l.TensorBoard, (l, v) => l with { TensorBoard = v }, "an event file for TensorBoard beside `metrics.jsonl`", free: true, also: "tensorboard tfevents reportTo"),
        section.Key("spectraEvery", IntervalOrAuto(ByShape), l => l.SpectraEvery, (l, v) => l with { SpectraEvery = v },
            "steps between [spectra](dashboard.md#spectra), the singular values of gradient, momentum, update and weights of some matrices; auto: 100, or as many hundreds as keep them [below 1 % of the run](dashboard.md#what-they-cost)", unit: "steps", free: true, also: "singularValues spectrum svd"),
        section.Key("spectra", OptionalText, l => l.Spectra, (l, v) => l with { Spectra = v },
            "matrices whose spectra are written down: names of parameters with commas between, `*` for any letters; null: four hidden matrices, evenly spread over the network", free: true, usedWhen: s_spectra),
    ];
}
