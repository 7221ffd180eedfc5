using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>The machine's limit: how many operations a second the multiply-add units do when nothing else holds them up.</summary>
internal static class FmaPeak
{
    /// <summary>Some half a millisecond of one core: short, so that a worker that came late costs little.</summary>
    private const int Iterations = 200_000;

    private const int TasksPerThread = 8;

    private const int Bursts = 9;

    /// <summary>A core without vectors takes longer.</summary>
    private const int ScalarIterations = Iterations / 2;

    /// <summary>The vector widths that this machine has, the greatest first; 0 stands for none with fused multiply-add.</summary>
    public static IReadOnlyList<int> Widths { get; } =
        !VectorWidth.HasFusedMultiplyAdd ? [0] : Avx512F.IsSupported ? [512, 256, 128] : Vector256.IsHardwareAccelerated ? [256, 128] : [128];

    /// <summary>The width of the kernels' vectors: what shares of the peak refer to.</summary>
    public static int KernelWidth => VectorWidth.Bits;

    /// <summary>Measures once, a few milliseconds.</summary>
    /// <param name="team">The workers.</param>
    /// <param name="bits">One of <see cref="Widths"/>.</param>
    /// <returns>10⁹ operations a second, a multiply-add counted as two.</returns>
    public static double Measure(WorkerTeam team, int bits) => bits switch
    {
        512 => Measure<Peak512, Vector512<float>>(team, Iterations),
        256 => Measure<Peak256, Vector256<float>>(team, Iterations),
        128 => Measure<Peak128, Vector128<float>>(team, Iterations),
        _ => Measure<PeakScalar, float>(team, ScalarIterations),
    };

    /// <summary>The median of some measurements, after one that warms up.</summary>
    public static double Typical(WorkerTeam team, int bits)
    {
        Measure(team, bits);
        return BenchRunner.Median([.. Enumerable.Range(0, Bursts).Select(_ => Measure(team, bits))]);
    }

    private static double Measure<TRegister, TVector>(WorkerTeam team, int iterations)
        where TRegister : struct, IPeakRegister<TVector>
        where TVector : struct
    {
        var job = new PeakJob<TRegister, TVector> { Iterations = iterations };
        var tasks = team.Threads * TasksPerThread;
        var start = Stopwatch.GetTimestamp();
        team.Run(tasks, ref job);
        return tasks * job.Flops / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }
}
