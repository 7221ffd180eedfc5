using System.CommandLine;
using MuonSharp.Training;

namespace MuonSharp.Cli.Parsing;

/// <summary>Finds what an unknown option or argument was meant to be: by its beginning, by what other tools call it, by its spelling.</summary>
internal static class MeantOption
{
    /// <summary>What other tools call an option of ours; where a command has several of them the first counts.</summary>
    private static readonly (string[] Words, string[] Options)[] s_others =
    [
        (["model", "modelPath", "dir", "folder", "path", "output", "outputDir", "out", "o", "name", "logDir", "saveDir"], ["--run", "--out"]),
        (["n", "length", "maxLength", "maxTokens", "maxNewTokens", "numTokens"], ["--tokens"]),
        (["text", "input", "start"], ["--prompt"]),
        (["file", "corpus", "dataset", "input", "text"], ["--data"]),
        (["workers", "cores", "cpus", "jobs", "j"], ["--threads"]),
        (["ckpt", "step", "epoch"], ["--checkpoint"]),
        (["continue", "restore", "resumeFrom"], ["--resume"]),
        (["init", "initFrom", "pretrained", "finetune"], ["--from"]),
        (["v", "debug"], ["--verbose"]),
    ];

    /// <summary>What there is nothing to choose for, or is counted in other units.</summary>
    private static readonly (string[] Words, string Remark)[] s_remarks =
    [
        (["device", "gpu", "cuda", "mps", "accelerator"], "training is done on the processor, which is all that there is; --threads says with how many cores"),
        (["dtype", "precision", "fp16", "bf16", "amp"], "all arithmetic is in float32"),
        (["epochs", "epoch", "numEpochs", "numTrainEpochs"], "a run is counted in steps, not in epochs: --steps N; `train` says how often that is through the text"),
    ];

    /// <summary>Half a sentence that leads on; null when nothing is near.</summary>
    /// <param name="command">The command that does not know the option.</param>
    /// <param name="token">The option as it was written, with or without a value behind an equals sign.</param>
    /// <param name="next">What was written behind it, if it may be its value.</param>
    public static string? Hint(Command command, string token, string? next)
    {
        string word = token.Split('=')[0].TrimStart('-');
        string? value = token.Contains('=', StringComparison.Ordinal) ? token[(token.IndexOf('=', StringComparison.Ordinal) + 1)..] : next;
        string[] options = [.. command.Options.Where(static option => !option.Hidden).Select(static option => option.Name)];
        string plain = Plain(word);
        bool sets = options.Contains("--set", StringComparer.Ordinal);
        if (sets && s_remarks.FirstOrDefault(remark => remark.Words.Contains(plain, StringComparer.OrdinalIgnoreCase)) is { Remark: { } known })
        {
            return known;
        }

        string[] begun = word.Length < 3 ? [] : [.. options.Where(option => option.StartsWith($"--{word}", StringComparison.OrdinalIgnoreCase))];
        string? meant = begun.Length == 1 ? begun[0]
            : options.FirstOrDefault(option => Plain(option).Equals(plain, StringComparison.OrdinalIgnoreCase))
            ?? (sets && ConfigKeys.Meant(word) is { } key ? ForKey(options, key.Name, value)
            : s_others.Where(other => other.Words.Contains(plain, StringComparer.OrdinalIgnoreCase)).SelectMany(static other => other.Options).FirstOrDefault(options.Contains))
            ?? NearestName.Of($"--{word}", options)
            ?? (sets && ConfigKeys.Suggest(word) is { } near ? ForKey(options, near, value) : null);
        return meant is null ? null : $"did you mean {meant}?";
    }

    /// <summary>The option that takes a path which was written without one.</summary>
    public static string? ForPath(Command command, string path)
    {
        bool Has(string name) => command.Options.Any(option => option.Name == name);
        return Has("--data") && File.Exists(path) ? $"--data {path}"
            : Has("--run") && (Directory.Exists(path) || path.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)) ? $"--run {path}"
            : Has("--prompt") ? $"--prompt \"{path}\""
            : null;
    }

    /// <summary>The setting of a key, or the option that stands for it: <c>--steps</c> for train.steps, <c>--data</c> for data.file.</summary>
    private static string ForKey(string[] options, string key, string? value)
    {
        string[] parts = key.Split('.');
        string own = $"--{(parts[^1] is "file" or "name" ? parts[0] : parts[^1])}";
        return options.Contains(own, StringComparer.Ordinal) ? $"{own} {value ?? "VALUE"}" : $"--set {key}={value ?? "VALUE"}";
    }

    private static string Plain(string word) => string.Concat(word.Where(char.IsLetterOrDigit));
}
