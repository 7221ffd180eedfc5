using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What spectra cost a run: of which matrices, how often, arithmetic, memory. By shapes alone, so that a run has them at the same steps on every machine, resumed or not.</summary>
/// <remarks>
/// <code>
/// S = Σ (m² n + 4/3 m³ + r m²)     share = c S / (F k)     k = 100 ⌈c S / F⌉ where no k is set
/// </code>
/// Over the spectra of a sample: five of each matrix [n, m] that is orthogonalized (m the smaller side), two of another. r m²: the rotations of QL, each a chain of dependent operations, as FLOPs of the rest.
/// F: FLOPs of a step's matrix products, model and optimizer. c: the speed of those over that of spectra. k: steps between samples, so that their share is a hundredth at most.
/// </remarks>
public sealed record SpectrumPlan
{
    /// <summary>Steps between spectra where a step is long beside them, and where nothing is known of its arithmetic.</summary>
    public const int LeastEvery = 100;

    /// <summary>c. In double, each on one worker, bound by memory for the most part: 15 GFLOP/s a core on an AMD EPYC (Zen 5, AVX-512) at 128 x 128 to 3072 x 768, where a step's products run at 140 to 200.</summary>
    internal const double Slowness = 14;

    /// <summary>r. Some m² rotations, 24 ns each on the same core.</summary>
    internal const double FlopsOfRotation = 370;

    private const int MostLanes = 4;

    /// <summary>Gradient and weights.</summary>
    private const int KindsOfOthers = 2;

    private static readonly int s_kinds = Enum.GetValues<SpectrumKind>().Length;

    private SpectrumPlan(IReadOnlyList<WatchedMatrix> watched, RoutingPlan routing, int? every, double? modelFlops, int threads)
    {
        Watched = watched;
        Lanes = Math.Min(threads, MostLanes);
        ScratchLength = watched.Max(static matrix => SingularValues.ScratchLength(matrix.Slice.Rows, matrix.Slice.Columns));
        foreach (WatchedMatrix matrix in watched)
        {
            int spectra = routing.Rows.First(row => row.Parameter == matrix.Parameter).Options.Orthogonalizes ? s_kinds : KindsOfOthers;
            Flops += spectra * SingularValues.Flops(matrix.Slice.Rows, matrix.Slice.Columns);
            Rotations += spectra * Math.Pow(matrix.Size, 2);
        }

        double? steps = modelFlops > 0
            ? Slowness * (Flops + (FlopsOfRotation * Rotations)) / (modelFlops + routing.Rows.Sum(static row => row.Slices.Sum(slice => row.FlopsOf(slice))))
            : null;
        Every = every ?? (int)Math.Min(LeastEvery * Math.Ceiling(steps ?? 1), int.MaxValue);
        Share = steps / Every;
    }

    /// <summary>Names of the matrices.</summary>
    public IReadOnlyList<string> Matrices => [.. Watched.Select(static matrix => matrix.Name)];

    /// <summary>Steps between samples.</summary>
    public int Every { get; }

    /// <summary>FLOPs of a sample, in double precision, but for <see cref="Rotations"/>.</summary>
    public double Flops { get; }

    /// <summary>Rotations of QL of a sample.</summary>
    public double Rotations { get; }

    /// <summary>Time of the samples over that of the steps, as arithmetic predicts it on four threads or fewer; null where nothing is known of a step's arithmetic.</summary>
    public double? Share { get; }

    /// <summary>Native memory in bytes: two floats an element of the matrices, and for each of four spectra at once, or as many as there are threads, the largest of them in double precision.</summary>
    public long Bytes => sizeof(float) * ((2 * Watched.Sum(static matrix => (long)matrix.Slice.Length)) + (2 * Lanes * ScratchLength));

    /// <summary>The matrices.</summary>
    internal IReadOnlyList<WatchedMatrix> Watched { get; }

    /// <summary>Spectra that are computed at once.</summary>
    internal int Lanes { get; }

    /// <summary>Doubles that one of them needs.</summary>
    internal long ScratchLength { get; }

    /// <summary>The plan for the settings of a run; null where nothing is to be measured.</summary>
    /// <param name="routing">All parameters, whose memory need not exist, and who steps them.</param>
    /// <param name="settings">How often, and of which matrices.</param>
    /// <param name="microBatchFlops">FLOPs of the matrix products of a micro-batch, forward and backward; null: not known.</param>
    /// <param name="threads">Workers.</param>
    /// <exception cref="ConfigurationException">A name is that of no matrix.</exception>
    internal static SpectrumPlan? Of(RoutingPlan routing, TrainerSettings settings, double? microBatchFlops, int threads) =>
        settings.SpectraEvery is { } every && WatchedMatrix.Choose([.. routing.Rows.Select(static row => row.Parameter)], settings.Spectra) is { Count: > 0 } matrices
            ? new(matrices, routing, every == LogSection.ByShape ? null : every, settings.Accumulation * microBatchFlops, threads)
            : null;
}
