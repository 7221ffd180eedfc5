namespace MuonSharp.Peers;

/// <summary>What is compared: work, and the ways that the peer has to write it.</summary>
/// <param name="Name">Name of the work.</param>
/// <param name="Forms">The peer's ways to write it.</param>
/// <param name="Optimizer">Who updates in a step of a language model; empty elsewhere.</param>
internal sealed record Comparisons(string Name, IReadOnlyList<string> Forms, string Optimizer = "")
{
    /// <summary>Images of a trial that chooses among forms and settings.</summary>
    private const int TrialBatch = 250;

    /// <summary>The groups that there are.</summary>
    public static IReadOnlyList<string> Groups { get; } = ["product", "orthogonalize", "conv", "airbench94", "generate", "step"];

    /// <summary>Squares, a linear layer of GPT-2 with its two gradients, and sums of 128.</summary>
    private static readonly string[] s_products =
    [
        "product-256", "product-384", "product-512", "product-768", "product-1536", "product-1024x3072x768:abt", "product-1024x768x3072", "product-768x3072x1024:atb", "product-768x512x128",
    ];

    /// <summary>airbench94's six convolutions at batch 512; the two of 256 channels at 7x7 pixels are of one size.</summary>
    public static IReadOnlyList<string> Convolutions { get; } = ["conv-24x64x3x31", "conv-64x64x3x15", "conv-64x256x3x15", "conv-256x256x3x7", "conv-256x256x3x3"];

    /// <summary>How often each of <see cref="Convolutions"/> is in the network.</summary>
    public static int CountOf(string name) => name.StartsWith("conv-256x256x3x7", StringComparison.Ordinal) ? 2 : 1;

    /// <summary>Name with the optimizer, for tables.</summary>
    public string Title => Optimizer.Length == 0 ? Name : $"{Name} {Optimizer}";

    /// <summary>What a trial runs: the same, but where a call takes many seconds.</summary>
    public string TrialName => PeerCase.Kind(Name) == "airbench94" ? $"airbench94-{Math.Min(PeerCase.Batch(Name), TrialBatch)}" : Name;

    /// <summary>The work of a group.</summary>
    /// <param name="group">One of <see cref="Groups"/>.</param>
    /// <param name="options">Sizes and names that the user chose.</param>
    public static IEnumerable<Comparisons> Of(string group, PeerOptions options) => All(group, options).Where(work => options.Only.Count == 0 || options.Only.Contains(work.Name, StringComparer.Ordinal));

    private static IEnumerable<Comparisons> All(string group, PeerOptions options) => group switch
    {
        "product" => s_products.Select(name => new Comparisons(name, TorchProduct.Forms)),
        "orthogonalize" =>
            from name in (string[])["orthogonalize-256x1024", "orthogonalize-768x3072"]
            from form in TorchOrthogonalize.Forms
            where form != "bfloat16" || options.MultipliesBfloat16
            select new Comparisons(name, [form]),
        "conv" => Convolutions.Select(name => new Comparisons(options.Batch is { } batch ? $"{name}x{batch}" : name, ImageForm.All)),
        "airbench94" => [new($"airbench94-{options.Batch ?? AirbenchRecipe.Batch}", ImageForm.All)],
        "generate" => [new("generate-gpt2-124m", TorchGenerate.Forms)],
        "step" =>
            from name in options.Quick ? (string[])["step-nanogpt-cpu"] : ["step-nanogpt-cpu", "step-nanogpt-384", "step-gpt2-124m", "step-gpt2-124m-1x1024"]
            from optimizer in (string[])["adamw", "muon"]
            select new Comparisons(name, TorchStep.Forms(optimizer, options.MultipliesBfloat16), optimizer),
        _ => throw new ArgumentException($"[peer] groups are {string.Join(", ", Groups)}; '{group}' came"),
    };
}
