using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>An optimizer as <c>compare</c> and <c>bench</c> take it: its name, and settings of its own.</summary>
/// <remarks>
/// Written <c>NAME[:key=value[;key=value]]</c> with keys below <c>optimizer.</c>: <c>muon</c>, <c>muon:preset=moonlight</c>,
/// <c>muon:orthogonalizer=zolotarev/3;momentum=0.9</c>.
/// </remarks>
public sealed record OptimizerChoice
{
    private const string Prefix = "optimizer.";

    private OptimizerChoice(string label, string name, IReadOnlyList<KeyValuePair<string, string>> settings) =>
        (Label, Name, Settings) = (label, name, settings);

    /// <summary>The names that there are.</summary>
    public static IReadOnlyList<string> Names => OptimizerKinds.Names;

    /// <summary>Those that step everything themselves, for helps: <c>with sgd: sgd</c>.</summary>
    public static string NotBesideAdamW => string.Join(", ", OptimizerDescriptors.All
        .Where(static optimizer => optimizer.StepsEverything && optimizer != OptimizerDescriptors.AdamW).Select(static optimizer => $"with {optimizer.Name}: {optimizer.Name}"));

    /// <summary>The text as it was written; what outputs call it.</summary>
    public string Label { get; }

    /// <summary>The optimizer's name, one that <c>optimizer.name</c> may have.</summary>
    public string Name { get; }

    /// <summary>Settings that hold for this one alone, with their whole keys.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; }

    /// <summary>Reads one; whether keys exist and values fit is for the configuration to say.</summary>
    /// <param name="text">The text, for example <c>muon:preset=moonlight</c>.</param>
    /// <exception cref="ConfigurationException">There is no such optimizer, or a setting has no equals sign.</exception>
    public static OptimizerChoice Parse(string text)
    {
        string[] parts = text.Split(':', 2);
        string name = Names.FirstOrDefault(known => known.Equals(parts[0].Trim(), StringComparison.OrdinalIgnoreCase)) ?? parts[0].Trim();
        if (!Names.Contains(name, StringComparer.Ordinal))
        {
            throw new ConfigurationException($"[optimizer] an optimizer must be one of {string.Join(", ", Names)}; '{name}' came{NearestName.Hint(name, Names)}");
        }

        return new(text.Trim(), name, parts.Length == 1 ? [] : [.. Split(parts[1], ';').Select(setting => Setting(text, setting))]);
    }

    /// <summary>Reads several, with commas between them.</summary>
    /// <param name="text">The list, for example <c>adamw,soap,muon:preset=torch</c>.</param>
    /// <exception cref="ConfigurationException">Some of them are wrong; all of those are named.</exception>
    public static IReadOnlyList<OptimizerChoice> ParseList(string text)
    {
        List<string> problems = [];
        List<OptimizerChoice> choices = [];
        foreach (string part in Split(text, ',').Select(part => part.Trim()).Where(part => part.Length > 0))
        {
            try
            {
                choices.Add(Parse(part));
            }
            catch (ConfigurationException error)
            {
                problems.AddRange(error.Problems);
            }
        }

        return problems.Count == 0 ? choices : throw new ConfigurationException(problems);
    }

    /// <summary>The settings alone, as a configuration without any others has them, at a constant learning rate: a run of no given length has no schedule that ends.</summary>
    /// <exception cref="ConfigurationException">A key does not exist, a value does not fit, or they contradict each other.</exception>
    public OptimizerSection Compose()
    {
        TrainingConfigBuilder builder = new();
        builder.Set("optimizer.name", Name).Set("optimizer.schedule.name", "constant");
        foreach ((string key, string value) in Settings)
        {
            builder.Set(key, value);
        }

        return builder.Build().Optimizer;
    }

    /// <summary>Whether a key makes a difference to the optimizer.</summary>
    internal bool Uses(string key) =>
        ConfigKeys.Find(key) is not { UsedWhen: { Key: "optimizer.name" } used } || used.Holds(new() { Optimizer = new() { Name = Name } });

    /// <inheritdoc/>
    public override string ToString() => Label;

    /// <summary>The parts between separators; those inside of a list's brackets belong to it.</summary>
    internal static IEnumerable<string> Split(string text, char separator)
    {
        int start = 0, depth = 0;
        for (int i = 0; i < text.Length; i++)
        {
            depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
            if (text[i] == separator && depth <= 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private static KeyValuePair<string, string> Setting(string text, string setting)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new ConfigurationException($"[optimizer] an optimizer is NAME or NAME:key=value;key=value; '{text}' came");
        }

        string key = setting[..equals].Trim();
        key = key.StartsWith(Prefix, StringComparison.Ordinal) ? key : Prefix + key;
        return key == Prefix + "name"
            ? throw new ConfigurationException($"[optimizer] what stands before the colon names the optimizer; '{text}' came")
            : new(key, setting[(equals + 1)..].Trim());
    }
}
