using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MuonSharp.Numerics;

namespace MuonSharp.Benchmarks;

/// <summary>The machine's limit: fused multiply-adds on registers alone, no memory.</summary>
internal struct FmaPeak : ITeamJob
{
    private const int Chains = 16;
    private const int Iterations = 4_000_000;

    /// <summary>Measures the peak.</summary>
    /// <param name="team">Workers: one task each.</param>
    /// <returns>10⁹ operations a second, a multiply-add counted as two.</returns>
    public static double Measure(WorkerTeam team)
    {
        var job = default(FmaPeak);
        var start = Stopwatch.GetTimestamp();
        team.Run(team.Threads, ref job);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var lanes = Avx512F.IsSupported ? Vector512<float>.Count : Vector256<float>.Count;
        return 2.0 * lanes * Chains * Iterations * team.Threads / seconds / 1e9;
    }

    public readonly void Run(int task, int worker)
    {
        if (Avx512F.IsSupported)
        {
            Run512(Iterations);
        }
        else
        {
            Run256(Iterations);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Run512(int iterations)
    {
        var x = Vector512.Create(0.999f);
        var y = Vector512.Create(0.001f);
        Vector512<float> a0 = y, a1 = y, a2 = y, a3 = y, a4 = y, a5 = y, a6 = y, a7 = y;
        Vector512<float> b0 = x, b1 = x, b2 = x, b3 = x, b4 = x, b5 = x, b6 = x, b7 = x;
        for (var i = 0; i < iterations; i++)
        {
            a0 = Avx512F.FusedMultiplyAdd(a0, x, y);
            a1 = Avx512F.FusedMultiplyAdd(a1, x, y);
            a2 = Avx512F.FusedMultiplyAdd(a2, x, y);
            a3 = Avx512F.FusedMultiplyAdd(a3, x, y);
            a4 = Avx512F.FusedMultiplyAdd(a4, x, y);
            a5 = Avx512F.FusedMultiplyAdd(a5, x, y);
            a6 = Avx512F.FusedMultiplyAdd(a6, x, y);
            a7 = Avx512F.FusedMultiplyAdd(a7, x, y);
            b0 = Avx512F.FusedMultiplyAdd(b0, x, y);
            b1 = Avx512F.FusedMultiplyAdd(b1, x, y);
            b2 = Avx512F.FusedMultiplyAdd(b2, x, y);
            b3 = Avx512F.FusedMultiplyAdd(b3, x, y);
            b4 = Avx512F.FusedMultiplyAdd(b4, x, y);
            b5 = Avx512F.FusedMultiplyAdd(b5, x, y);
            b6 = Avx512F.FusedMultiplyAdd(b6, x, y);
            b7 = Avx512F.FusedMultiplyAdd(b7, x, y);
        }

        return Vector512.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Run256(int iterations)
    {
        var x = Vector256.Create(0.999f);
        var y = Vector256.Create(0.001f);
        Vector256<float> a0 = y, a1 = y, a2 = y, a3 = y, a4 = y, a5 = y;
        Vector256<float> b0 = x, b1 = x, b2 = x, b3 = x, b4 = x, b5 = x;
        for (var i = 0; i < iterations; i += 3)
        {
            // Four rounds of twelve chains are three rounds of sixteen.
            for (var j = 0; j < 4; j++)
            {
                a0 = Vector256.FusedMultiplyAdd(a0, x, y);
                a1 = Vector256.FusedMultiplyAdd(a1, x, y);
                a2 = Vector256.FusedMultiplyAdd(a2, x, y);
                a3 = Vector256.FusedMultiplyAdd(a3, x, y);
                a4 = Vector256.FusedMultiplyAdd(a4, x, y);
                a5 = Vector256.FusedMultiplyAdd(a5, x, y);
                b0 = Vector256.FusedMultiplyAdd(b0, x, y);
                b1 = Vector256.FusedMultiplyAdd(b1, x, y);
                b2 = Vector256.FusedMultiplyAdd(b2, x, y);
                b3 = Vector256.FusedMultiplyAdd(b3, x, y);
                b4 = Vector256.FusedMultiplyAdd(b4, x, y);
                b5 = Vector256.FusedMultiplyAdd(b5, x, y);
            }
        }

        return Vector256.Sum(a0 + a1 + a2 + a3 + a4 + a5 + b0 + b1 + b2 + b3 + b4 + b5);
    }
}
