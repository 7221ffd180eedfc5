using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What a run is, as its <c>config.json</c> says: what may not change from start to end, and what may.</summary>
internal abstract class RunIdentity
{
    /// <summary>The content of <c>config.json</c>.</summary>
    public abstract JsonObject ToJson();

    /// <summary>SHA-256 over all that may not change, in lower-case hexadecimal: a checkpoint has it.</summary>
    public abstract string Hash();

    /// <summary>Checks that a checkpoint was written under this identity: somebody may have edited the file, or a bit flipped.</summary>
    /// <exception cref="BadInputException">It was written under another one.</exception>
    public void CheckOwn(LoadedCheckpoint checkpoint)
    {
        if (RunState.ConfigSha256(checkpoint.State) != Hash())
        {
            throw new BadInputException($"[run] {checkpoint.Folder}: the checkpoint must be one of this configuration; another's came");
        }
    }

    /// <summary>A hash as it is written down.</summary>
    protected static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>A run that a configuration describes as a whole.</summary>
internal sealed class ConfiguredRun(TrainingConfig config) : RunIdentity
{
    /// <inheritdoc/>
    public override JsonObject ToJson() => config.ToJson();

    /// <inheritdoc/>
    public override string Hash() => ResumeRules.Hash(config);
}

/// <summary>A run of a task of one's own: its kind, the shapes of its model, the optimizers, and the settings of the trainer.</summary>
internal sealed class TaskRun(ITrainingTask task, TrainerSettings settings, RoutingPlan plan) : RunIdentity
{
    /// <summary>The first key of such a <c>config.json</c>: no configuration of the tool has it.</summary>
    public const string TaskKey = "task";

    private const string ModelKey = "model";
    private const string OptimizerKey = "optimizer";
    private const string FixedKey = "fixed";
    private const string TrainerKey = "trainer";

    /// <summary>The length that a run's <c>config.json</c> gives it; null if it gives none.</summary>
    public static long? SavedSteps(JsonEntry saved) =>
        saved.Find(TrainerKey)?.Find("steps") is { } steps && steps.TryWholeNumber(0, int.MaxValue, out long length) ? length : null;

    /// <inheritdoc/>
    public override JsonObject ToJson()
    {
        JsonObject json = Fixed();
        json["data"] = task.DataIdentity;
        json[TrainerKey] = settings.FreeToJson();
        return json;
    }

    /// <inheritdoc/>
    public override string Hash() => Sha256(Fixed().ToJsonString());

    /// <summary>Checks that a run's <c>config.json</c> is one of this task.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="saved">Its content.</param>
    /// <exception cref="BadInputException">It is that of another task, shape, optimizer or of other data; the first difference is named.</exception>
    public void CheckSaved(string path, JsonObject saved)
    {
        foreach ((string key, JsonNode? value) in Fixed())
        {
            if (saved[key] is not { } was)
            {
                throw Other(path, $"'{key}' must be that of this task, {Short(value)}; none came");
            }

            if (!JsonNode.DeepEquals(was, value))
            {
                throw Other(path, Difference(key, was, value!));
            }
        }
    }

    private JsonObject Fixed() => new()
    {
        [TaskKey] = task.Kind,
        [ModelKey] = new JsonObject([.. task.Parameters.Parameters.Select(parameter => KeyValuePair.Create<string, JsonNode?>(
            parameter.Name, $"{parameter.Role.ToString().ToLowerInvariant()} [{string.Join(", ", parameter.Shape)}]"))]),
        ["buffers"] = new JsonObject([.. task.Parameters.Buffers.Where(buffer => buffer.IsSaved).Select(buffer => KeyValuePair.Create<string, JsonNode?>(
            buffer.Name, $"[{string.Join(", ", buffer.Shape)}]"))]),
        [OptimizerKey] = new JsonObject([.. plan.Groups.Select(group => KeyValuePair.Create<string, JsonNode?>(group.Name, Describe(group.Options)))]),
        [FixedKey] = settings.FixedToJson(),
        ["microBatch"] = task.UnitsPerMicroBatch,
    };

    /// <summary>Options are records, which write down all of their values; in which language must not depend on where the program runs.</summary>
    private static string Describe(OptimizerOptions options)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            return options.ToString();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string Difference(string key, JsonNode was, JsonNode value)
    {
        if (was is JsonObject before && value is JsonObject after)
        {
            foreach (string name in before.Select(pair => pair.Key).Concat(after.Select(pair => pair.Key)))
            {
                if (!JsonNode.DeepEquals(before[name], after[name]))
                {
                    return $"{key} '{name}' must stay as the run began, {Short(before[name])}; {Short(after[name])} came";
                }
            }
        }

        return $"{key} must stay as the run began, {Short(was)}; {Short(value)} came";
    }

    private static string Short(JsonNode? value) => value?.ToJsonString() ?? "none";

    private static BadInputException Other(string path, string problem) => new($"[resume] {path}: {problem}");
}
