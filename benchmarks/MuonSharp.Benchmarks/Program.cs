using System.Diagnostics;
using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Benchmarks;

/// <summary>Share of the multiply-add peak that products reach, alternating with the peak itself; medians of several rounds.</summary>
internal static unsafe class Program
{
    private const int Rounds = 7;
    private const double SecondsPerRound = 0.06;

    private static void Main(string[] arguments)
    {
        if (arguments is ["steps"])
        {
            foreach (var threads in (int[])[1, 2])
            {
                StepBenchmark.Run(new DecoderConfig { Vocabulary = 65, Layers = 4, Heads = 4, Width = 128, Context = 64 }, 12, threads, 100);
            }

            return;
        }

        int[][] shapes = arguments.Length == 3
            ? [[.. arguments.Select(int.Parse)]]
            : [[256, 256, 256], [512, 512, 512], [768, 768, 768], [1536, 1536, 1536], [768, 128, 128], [768, 384, 128], [768, 512, 128], [768, 128, 512], [128, 512, 768], [500, 770, 1030]];
        Console.WriteLine($"{VectorWidth.Bits}-bit vectors; share of the peak = median of {Rounds} rounds, each beside its own peak");
        Console.WriteLine("threads  m x n x k          plain  A B^T  A^T B  symmetric (by FLOPs done)    GFLOP/s plain");
        foreach (var threads in (int[])[1, 2])
        {
            using var team = new WorkerTeam(threads);
            FmaPeak.Measure(team);
            foreach (var shape in shapes)
            {
                Measure(team, shape[0], shape[1], shape[2]);
            }
        }
    }

    private static void Measure(WorkerTeam team, int m, int n, int k)
    {
        using var a = new NativeBuffer((long)m * k);
        using var b = new NativeBuffer((long)k * n);
        using var c = new NativeBuffer((long)m * Math.Max(m, n));
        new RandomStream(1, "a").FillUniform(a.AsSpan(), 0, 0);
        new RandomStream(1, "b").FillUniform(b.AsSpan(), 0, 0);
        var flops = 2.0 * m * n * k;
        var x = Matrix.Dense(a.Pointer, m, k);
        var y = Matrix.Dense(c.Pointer, m, n);
        var results = new List<(double Share, double Gflops)>
        {
            Share(team, flops, () => MatrixProduct.Multiply(team, x, Matrix.Dense(b.Pointer, k, n), y)),
            Share(team, flops, () => MatrixProduct.Multiply(team, x, Matrix.Dense(b.Pointer, n, k).Transposed, y)),
            Share(team, flops, () => MatrixProduct.Multiply(team, Matrix.Dense(a.Pointer, k, m).Transposed, Matrix.Dense(b.Pointer, k, n), y)),
            Share(team, (double)m * m * k, () => SymmetricProduct.Multiply(team, x, x.Transposed, Matrix.Dense(c.Pointer, m, m))),
        };
        Console.WriteLine(
            $"{team.Threads,7}  {$"{m}x{n}x{k}",-16} {string.Join(' ', results.Select(r => $"{r.Share,6:P0}"))}   {results[0].Gflops,30:F0}");
    }

    private static (double Share, double Gflops) Share(WorkerTeam team, double flops, Action action)
    {
        for (var i = 0; i < 60; i++)
        {
            action();
        }

        var shares = new double[Rounds];
        var speeds = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var peak = FmaPeak.Measure(team);
            var start = Stopwatch.GetTimestamp();
            var calls = 0;
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < SecondsPerRound)
            {
                action();
                calls++;
            }

            speeds[round] = flops * calls / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
            shares[round] = speeds[round] / peak;
        }

        Array.Sort(shares);
        Array.Sort(speeds);
        return (shares[Rounds / 2], speeds[Rounds / 2]);
    }
}
