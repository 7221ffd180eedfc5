using System.Diagnostics;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Benchmarks;

/// <summary>Whole training steps on random tokens: where the time goes.</summary>
internal static class StepBenchmark
{
    /// <summary>Runs and prints.</summary>
    /// <param name="config">The model.</param>
    /// <param name="batch">Sequences in a batch.</param>
    /// <param name="threads">Workers.</param>
    /// <param name="steps">Steps to time.</param>
    public static void Run(DecoderConfig config, int batch, int threads, int steps)
    {
        using var team = new WorkerTeam(threads);
        using var model = new DecoderModel(config, 1, team);
        using var optimizer = new RoutedOptimizer(model.Parameters, null, null, team);
        var program = model.Program(batch, config.Context, training: true);
        var tokens = new uint[program.Inputs.Length + 1];
        var times = new double[3][];
        for (var i = 0; i < 3; i++)
        {
            times[i] = new double[steps];
        }

        for (var step = -steps / 2; step < steps; step++)
        {
            new RandomStream(1, "tokens").Fill(tokens, (ulong)(step + steps), 0);
            for (var i = 0; i < program.Inputs.Length; i++)
            {
                program.Inputs[i] = (int)(tokens[i] % (uint)config.Vocabulary);
                program.Targets[i] = (int)(tokens[i + 1] % (uint)config.Vocabulary);
            }

            // Before the forward run, which already adds the head's gradient; its pass over memory counts as forward.
            var start = Stopwatch.GetTimestamp();
            model.Parameters.ZeroGradients();
            program.Forward();
            var forward = Stopwatch.GetTimestamp();
            program.Backward();
            var backward = Stopwatch.GetTimestamp();
            optimizer.Step();
            var end = Stopwatch.GetTimestamp();
            if (step >= 0)
            {
                times[0][step] = Stopwatch.GetElapsedTime(start, forward).TotalMilliseconds;
                times[1][step] = Stopwatch.GetElapsedTime(forward, backward).TotalMilliseconds;
                times[2][step] = Stopwatch.GetElapsedTime(backward, end).TotalMilliseconds;
            }
        }

        foreach (var phase in times)
        {
            Array.Sort(phase);
        }

        var total = times.Sum(phase => phase[steps / 2]);
        Console.WriteLine($"least: {times[0][0]:F2} {times[1][0]:F2} {times[2][0]:F2}");
        Console.WriteLine(
            $"{threads} threads: forward {times[0][steps / 2]:F2} ms, backward {times[1][steps / 2]:F2}, Muon and AdamW {times[2][steps / 2]:F2}; {program.Inputs.Length / total * 1000:F0} tokens/s");
    }
}
