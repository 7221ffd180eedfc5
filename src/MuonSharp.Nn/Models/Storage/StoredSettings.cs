using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Nn;

/// <summary>The <c>config.json</c> of a stored model: a family reads from it what it knows, and what is left over is refused by name.</summary>
/// <remarks>Left over may be what changes nothing of the arithmetic (names, versions, token numbers, dropout), and what is null, false, 0 or empty.</remarks>
public sealed class StoredSettings
{
    private const string TypeKey = "model_type";

    private static readonly JsonOptions s_options = new() { Operation = "model" };

    private static readonly HashSet<string> s_neutral = new(
        [
            "architectures", "transformers_version", "_name_or_path", "torch_dtype", "dtype", "use_cache", "bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "initializer_range",
            "pretraining_tp", "output_router_logits", "router_aux_loss_coef", "aux_loss_alpha", "seq_aux", "attention_dropout", "attn_pdrop", "embd_pdrop", "resid_pdrop", "return_dict", "task_specific_params",
            "gradient_checkpointing", "id2label", "label2id", "torchscript", "is_llama_config", "transformers.js_config", "auto_map", "num_nextn_predict_layers", "ep_size", "is_decoder", "problem_type",
            "_attn_implementation", "_attn_implementation_autoset", "rope_interleaved", "unsloth_version", "unsloth_fixed", "predict_special_tokens",
        ],
        StringComparer.Ordinal);

    private readonly JsonEntry _json;
    private readonly HashSet<string> _read = new([TypeKey], StringComparer.Ordinal);

    private StoredSettings(JsonEntry json) => (_json, Type) = (json, json[TypeKey].TextNotEmpty());

    /// <summary>Which family the model is of, as it says itself: <c>model_type</c>.</summary>
    public string Type { get; }

    /// <summary>The value of a key, which counts as known from now on; one that is not there is an entry of kind <see cref="JsonValueKind.Undefined"/>.</summary>
    /// <param name="key">The key.</param>
    public JsonEntry this[string key]
    {
        get
        {
            _read.Add(key);
            return _json[key];
        }
    }

    /// <summary>Reads the settings of a file.</summary>
    /// <param name="path">A <c>config.json</c>.</param>
    /// <exception cref="InvalidFileException">It cannot be read, or is no object that names its family.</exception>
    public static StoredSettings Read(string path) => new(JsonFile.Read(path, s_options).Object());

    /// <summary>Reads settings that are in memory.</summary>
    /// <param name="utf8">The content of a <c>config.json</c>.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="InvalidFileException">They are no object that names its family.</exception>
    public static StoredSettings Parse(ReadOnlySpan<byte> utf8, string path) => new(JsonFile.Parse(utf8, path, s_options).Object());

    /// <summary>The value of a key that need not be there; it counts as known from now on.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The value; null if the key is not there, or is null.</returns>
    public JsonEntry? Find(string key) => this[key] is { IsSet: true } entry ? entry : null;

    /// <summary>Whether a key that need not be there is true.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">What it is where it is not there. Default false.</param>
    public bool Flag(string key, bool otherwise = false) => Find(key)?.Boolean() ?? otherwise;

    /// <summary>Refuses a truth value that the family cannot compute.</summary>
    /// <param name="key">The key; where it is not there, all is well.</param>
    /// <param name="value">The only value.</param>
    /// <exception cref="InvalidFileException">It has the other one.</exception>
    public void Need(string key, bool value)
    {
        if (Flag(key, value) != value)
        {
            throw this[key].Wrong($"{(value ? "true" : "false")}, or not be there, for a {Type} model that can be computed here");
        }
    }

    /// <summary>Refuses what nobody has read.</summary>
    /// <exception cref="InvalidFileException">A key is left over that may change what the model computes; it is named.</exception>
    public void RefuseRest()
    {
        foreach (JsonEntry entry in _json.Members())
        {
            if (!_read.Contains(entry.Name) && !s_neutral.Contains(entry.Name) && !entry.Name.StartsWith("summary_", StringComparison.Ordinal) && !IsNothing(entry))
            {
                throw entry.Broken($"settings of a {Type} model are known by name; {OneLine.Quote(entry.Name)} = {OneLine.Cut(entry.RawText, 60)} is not, and may change what the model computes");
            }
        }
    }

    private static bool IsNothing(JsonEntry entry) => entry.Kind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array or JsonValueKind.Object => entry.Count == 0,
        JsonValueKind.Number => entry.TryNumber(out double number) && number == 0,
        JsonValueKind.String => entry.TryText(out string text) && text.Length == 0,
        _ => false,
    };
}
