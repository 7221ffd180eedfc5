using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Configurations as nested JSON objects.</summary>
internal static class ConfigJson
{
    /// <summary>How configurations are read, wherever they come from.</summary>
    public static readonly JsonOptions Options = new() { Operation = "config", MostBytes = 1 << 24 };

    public static JsonObject Write(TrainingConfig config) => Write(config, ConfigKeys.All);

    public static JsonObject Write(TrainingConfig config, IEnumerable<ConfigKey> keys)
    {
        JsonObject root = [];
        foreach (ConfigKey key in keys)
        {
            string[] parts = key.Name.Split('.');
            JsonObject place = root;
            foreach (string part in parts.AsSpan(0, parts.Length - 1))
            {
                if (place[part] is not JsonObject inner)
                {
                    inner = [];
                    place[part] = inner;
                }

                place = inner;
            }

            place[parts[^1]] = key.Read(config);
        }

        return root;
    }

    /// <summary>Reads the leaves of a JSON object, nested or with dotted names, as keys; adds a problem for each that is unknown or wrong, or comes twice.</summary>
    /// <param name="root">The outermost value of a file, or an object inside of one.</param>
    /// <param name="config">The configuration that the keys are set on.</param>
    /// <param name="keys">Receives every key that was set.</param>
    /// <param name="problems">Receives every problem.</param>
    public static TrainingConfig Read(JsonEntry root, TrainingConfig config, ICollection<ConfigKey> keys, List<string> problems)
    {
        if (root.Kind != JsonValueKind.Object)
        {
            problems.Add(root.Problem("an object"));
            return config;
        }

        return ReadObject(root, "", config, keys, problems);
    }

    private static TrainingConfig ReadObject(JsonEntry entry, string prefix, TrainingConfig config, ICollection<ConfigKey> keys, List<string> problems)
    {
        foreach (JsonEntry member in entry.Members())
        {
            string name = prefix + member.Name;
            if (ConfigKeys.IsGroup(name))
            {
                if (member.Kind == JsonValueKind.Object)
                {
                    config = ReadObject(member, name + ".", config, keys, problems);
                }
                else
                {
                    problems.Add(member.Problem("an object"));
                }
            }
            else if (ConfigKeys.Find(name) is not { } key)
            {
                problems.Add(member.Broken($"{ConfigKeys.Unknown(name)} (line {member.Line})").Message);
            }
            else
            {
                if (keys.Contains(key))
                {
                    problems.Add(member.Broken($"each key may come once; {name} comes twice, with dots and nested").Message);
                }

                config = key.Set(config, member, problems) ?? config;
                keys.Add(key);
            }
        }

        return config;
    }
}
