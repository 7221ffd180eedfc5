using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class KillTests
{
    private const int Moments = 20;

    [Fact]
    public void Killed_at_twenty_random_moments_a_run_resumes_and_ends_with_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        string[] often = ["--set", "checkpoint.every=1", "--steps", "100"];
        var clock = Stopwatch.StartNew();
        Tool.Run(TinyRun.Train(folder, folder.At("whole"), often)).Exits(0);
        var duration = clock.Elapsed;

        var stoppedEarly = 0;
        for (var moment = 0; moment < Moments; moment++)
        {
            var run = folder.At($"killed-{moment}");
            var share = (moment + (RandomNumberGenerator.GetInt32(1000) / 1000.0)) / Moments;
            var delay = duration * share;
            using (var running = Tool.Start(TinyRun.Train(folder, run, often)))
            {
                Thread.Sleep(delay);
                running.Kill();
                stoppedEarly += running.Wait().Output.Contains("done:", StringComparison.Ordinal) ? 0 : 1;
            }

            var situation = $"after kill -9 at {delay.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms";

            // Killed before the folder existed, there is nothing to resume: the same command starts the run.
            var resumed = File.Exists(Path.Combine(run, "config.json")) ? Tool.Run("train", "--run", run, "--resume") : Tool.Run(TinyRun.Train(folder, run, often));
            Assert.True(resumed.ExitCode == 0, $"exit {resumed.ExitCode} {situation}: {resumed.Error}");
            RunFiles.AssertSameBits(folder.At("whole"), run, situation);
            Directory.Delete(run, recursive: true);
        }

        Assert.True(stoppedEarly >= Moments / 2, $"Only {stoppedEarly} of {Moments} runs were killed before their end.");
    }
}
