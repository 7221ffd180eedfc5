using System.Diagnostics;
using System.Runtime.CompilerServices;
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

    private static double Measure<TRegister, V>(WorkerTeam team, int iterations)
        where TRegister : struct, IPeakRegister<V>
        where V : struct
    {
        var job = new PeakJob<TRegister, V> { Iterations = iterations };
        int tasks = team.Threads * TasksPerThread;
        long start = Stopwatch.GetTimestamp();
        team.Run(tasks, ref job);
        return tasks * job.Flops / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }
}

/// <summary>Multiply-adds on registers alone: independent chains, no memory.</summary>
/// <remarks>Twelve chains and two constants fit sixteen registers, and cover units that start two multiply-adds a cycle and take up to six cycles for one.</remarks>
internal struct PeakJob<TRegister, V> : ITeamJob
    where TRegister : struct, IPeakRegister<V>
    where V : struct
{
    /// <summary>Chains of multiply-adds that do not wait for each other.</summary>
    public const int Chains = 12;

    /// <summary>Multiply-adds of a chain in one task.</summary>
    public int Iterations;

    /// <summary>What came out: of no use but to be needed.</summary>
    public float Result;

    /// <summary>FLOPs of a task.</summary>
    public readonly double Flops => 2.0 * TRegister.Floats * Chains * Iterations;

    /// <inheritdoc/>
    public void Run(int task, int worker)
    {
        float result = Chain(Iterations);
        if (float.IsNaN(result))
        {
            Result = result;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Chain(int iterations)
    {
        V x = TRegister.Broadcast(0.999f), y = TRegister.Broadcast(0.001f);
        V a0 = x, a1 = x, a2 = x, a3 = x, a4 = x, a5 = x, a6 = y, a7 = y, a8 = y, a9 = y, a10 = y, a11 = y;
        for (int i = 0; i < iterations; i++)
        {
            a0 = TRegister.MultiplyAdd(a0, x, y);
            a1 = TRegister.MultiplyAdd(a1, x, y);
            a2 = TRegister.MultiplyAdd(a2, x, y);
            a3 = TRegister.MultiplyAdd(a3, x, y);
            a4 = TRegister.MultiplyAdd(a4, x, y);
            a5 = TRegister.MultiplyAdd(a5, x, y);
            a6 = TRegister.MultiplyAdd(a6, x, y);
            a7 = TRegister.MultiplyAdd(a7, x, y);
            a8 = TRegister.MultiplyAdd(a8, x, y);
            a9 = TRegister.MultiplyAdd(a9, x, y);
            a10 = TRegister.MultiplyAdd(a10, x, y);
            a11 = TRegister.MultiplyAdd(a11, x, y);
        }

        V low = TRegister.Add(TRegister.Add(TRegister.Add(a0, a1), TRegister.Add(a2, a3)), TRegister.Add(a4, a5));
        V high = TRegister.Add(TRegister.Add(TRegister.Add(a6, a7), TRegister.Add(a8, a9)), TRegister.Add(a10, a11));
        return TRegister.First(TRegister.Add(low, high));
    }
}
