using System.Globalization;
using System.Security.Cryptography;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class KillTests
{
    private const int Moments = 20;
    private const int Steps = 100;

    /// <summary>A checkpoint after every step, so that most moments fall into the writing of one.</summary>
    private static readonly string[] s_often = ["--set", "checkpoint.every=1", "--steps", Steps.ToString(CultureInfo.InvariantCulture), "--json"];

    [Fact(Explicit = true)]
    public void Killed_at_twenty_random_moments_a_run_resumes_and_ends_with_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        Tool.Run(TinyRun.Train(folder, folder.At("whole"), s_often)).Exits(0);
        for (int moment = 0; moment < Moments;)
        {
            string run = folder.At($"killed-{moment}");
            string situation = KillAt(moment, TinyRun.Train(folder, run, s_often), out bool early);

            // One that came to its end before it was killed does not count; it is looked at all the same.
            moment += early ? 1 : 0;

            // Killed before the folder held a run, there is nothing to resume: the same command starts it.
            ProcessResult resumed = File.Exists(Path.Combine(run, "config.json")) ? Tool.Run("train", "--run", run, "--resume") : Tool.Run(TinyRun.Train(folder, run, s_often));
            Assert.True(resumed.ExitCode == 0, $"exit {resumed.ExitCode} {situation}: {resumed.Error}");
            RunFiles.AssertSameBits(folder.At("whole"), run, situation);
            Directory.Delete(run, recursive: true);
        }
    }

    /// <summary>Kills the run some random time after the program has started, or after a random step of the moment's part of the run.</summary>
    private static string KillAt(int moment, string[] arguments, out bool early)
    {
        using RunningProcess running = Tool.Start(arguments);
        int step = moment * Steps * 9 / 10 / Moments;
        string situation = "after the start";
        if (step > 0)
        {
            step += RandomNumberGenerator.GetInt32(Steps / Moments);
            Assert.True(running.WaitForText($"\"kind\":\"step\",\"step\":{step},"), running.Error);
            situation = $"after step {step}";
        }

        int delay = RandomNumberGenerator.GetInt32(step > 0 ? 30 : 300);
        Thread.Sleep(delay);
        running.Kill();
        early = !running.Wait().Output.Contains("\"kind\":\"end\"", StringComparison.Ordinal);
        return $"when killed {delay} ms {situation}";
    }
}
