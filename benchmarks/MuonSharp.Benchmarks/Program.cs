using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using MuonSharp.Nn;

namespace MuonSharp.Benchmarks;

/// <summary>Kernels under BenchmarkDotNet, with what they allocate; <c>steps</c> instead prints where whole training steps go.</summary>
internal static class Program
{
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

        // In this process: a project of its own for each benchmark would have to follow this repository's rules for projects.
        var config = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumn(StatisticColumn.Median)
            .WithArtifactsPath("artifacts/benchmarks");
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments, config);
    }
}
