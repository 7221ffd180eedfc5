using System.Security.Cryptography;
using System.Text;

namespace MuonSharp.Training;

/// <summary>What may change when a run is resumed: the keys that say so themselves (<see cref="ConfigKey.FreeOnResume"/>).</summary>
/// <remarks>
/// <c>train.steps</c> may change too: more steps extend a run, fewer end it earlier, but not before what is done. Schedules that know the end follow the
/// new one from the next step on, so the result is not that of a run that had the new length from its start.
/// </remarks>
internal static class ResumeRules
{
    /// <summary>The keys that may not change.</summary>
    public static IReadOnlyList<ConfigKey> Fixed { get; } = [.. ConfigKeys.All.Where(key => !key.FreeOnResume)];

    /// <summary>SHA-256 over all keys that may not change, in lower-case hexadecimal.</summary>
    /// <remarks>Keys at their default do not count, so that a key which a later version adds does not disown the checkpoints of an earlier one.</remarks>
    public static string Hash(TrainingConfig config)
    {
        StringBuilder text = new();
        TrainingConfig defaults = new();
        foreach (ConfigKey key in Fixed.Where(key => !key.Same(config, defaults)))
        {
            text.Append(key.Name).Append('=').Append(key.Read(config)?.ToJsonString() ?? "null").Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Checks that only free keys differ, and that the run is not to end before the steps it has done.</summary>
    /// <param name="saved">The run's configuration.</param>
    /// <param name="resumed">What it is to be.</param>
    /// <param name="done">Steps that the run has done.</param>
    /// <exception cref="ConfigurationException">Something else differs; all of it is named.</exception>
    public static void Check(TrainingConfig saved, TrainingConfig resumed, long done = 0)
    {
        List<string> problems = [];
        if (resumed.Train.Steps != saved.Train.Steps && resumed.Train.Steps < done)
        {
            problems.Add($"[resume] train.steps must be at least the {done} steps that the run has done; {resumed.Train.Steps} came");
        }

        // Another optimizer has other settings: that it is another one is what is wrong.
        IEnumerable<ConfigKey> own = saved.Optimizer.Name == resumed.Optimizer.Name ? [] : OptimizerSection.Keys.Where(key => key.Name != OptimizerSection.NameKey);
        foreach (ConfigKey key in Fixed.Except(own).Where(key => !key.Same(saved, resumed)))
        {
            problems.Add($"[resume] {key.Name} must stay as the run began; {key.Text(saved)} was saved, {key.Text(resumed)} came");
        }

        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }
    }
}
