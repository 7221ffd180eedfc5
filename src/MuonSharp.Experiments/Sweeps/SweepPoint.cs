using System.Globalization;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>A point of a sweep's grid.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Values">Its values, in the order of the keys, as <c>--set</c> takes them.</param>
/// <param name="Config">Its configuration; the seed is the first one's.</param>
public sealed record SweepPoint(int Number, IReadOnlyList<string> Values, TrainingConfig Config)
{
    /// <summary>A value as a number; NaN where it is none.</summary>
    /// <param name="axis">Number of its key.</param>
    public double ValueAt(int axis) => double.TryParse(Values[axis], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN;
}

/// <summary>A run of a sweep.</summary>
/// <param name="Point">Its point.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Threads">Threads that it computes with.</param>
/// <param name="Config">Its configuration, threads included, which change no bit.</param>
/// <param name="Folder">Its run folder, below the sweep's.</param>
public sealed record SweepRun(SweepPoint Point, ulong Seed, int Threads, TrainingConfig Config, string Folder) : PlannedRun(Seed, Threads, Config, Folder)
{
    /// <summary>Its arithmetic, in any unit: what its time is in proportion to.</summary>
    internal double Work { get; init; }
}
