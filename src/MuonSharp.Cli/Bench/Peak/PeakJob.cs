using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>Multiply-adds on registers alone: independent chains, no memory.</summary>
/// <remarks>Twelve chains and two constants fit sixteen registers, and cover units that start two multiply-adds a cycle and take up to six cycles for one.</remarks>
internal struct PeakJob<TRegister, TVector> : ITeamJob
    where TRegister : struct, IPeakRegister<TVector>
    where TVector : struct
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
        var result = Chain(Iterations);
        if (float.IsNaN(result))
        {
            Result = result;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Chain(int iterations)
    {
        TVector x = TRegister.Broadcast(0.999f), y = TRegister.Broadcast(0.001f);
        TVector a0 = x, a1 = x, a2 = x, a3 = x, a4 = x, a5 = x, a6 = y, a7 = y, a8 = y, a9 = y, a10 = y, a11 = y;
        for (var i = 0; i < iterations; i++)
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

        var low = TRegister.Add(TRegister.Add(TRegister.Add(a0, a1), TRegister.Add(a2, a3)), TRegister.Add(a4, a5));
        var high = TRegister.Add(TRegister.Add(TRegister.Add(a6, a7), TRegister.Add(a8, a9)), TRegister.Add(a10, a11));
        return TRegister.First(TRegister.Add(low, high));
    }
}
