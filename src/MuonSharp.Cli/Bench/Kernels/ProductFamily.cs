namespace MuonSharp.Cli.Bench;

/// <summary>Products of matrices.</summary>
internal sealed class ProductFamily() : BenchFamily(
    "product",
    "product-N, product-MxNxK[:abt|:atb]",
    "C [M, N] = A B over a depth of K; abt: B stored [N, K]; atb: A stored [K, M]",
    [
        "product-256", "product-384", "product-512", "product-768", "product-1024", "product-1536", "product-2304",
        .. Linear(768, 128, 512),
        .. Linear(2048, 384, 1536),
        .. Linear(1024, 768, 3072),
        "product-1024x2304x768:abt", "product-500x770x1030",
    ])
{
    private static readonly Dictionary<string, ProductForm> Forms = new(StringComparer.Ordinal)
    {
        [""] = ProductForm.Plain,
        ["abt"] = ProductForm.RightTransposed,
        ["atb"] = ProductForm.LeftTransposed,
    };

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) =>
        BenchName.Parse(Name, name) is { Sizes: var sizes, Variant: var variant } && Forms.TryGetValue(variant, out var form)
            ? sizes switch
            {
                [var n] => context => new ProductCase(name, context.Team, n, n, n, form),
                [var m, var n, var k] => context => new ProductCase(name, context.Team, m, n, k, form),
                _ => null,
            }
            : null;

    /// <inheritdoc/>
    public override string Rule(string name) => BenchName.Parse(Name, name) is { Variant: var variant } && !Forms.ContainsKey(variant)
        ? $"the form must be one of {string.Join(", ", Forms.Keys.Where(form => form.Length > 0))}; '{variant}' came"
        : base.Rule(name);

    /// <summary>The products of a transformer's feed-forward layers: up, down, and what their gradients take.</summary>
    private static string[] Linear(int tokens, int width, int hidden) =>
    [
        $"product-{tokens}x{hidden}x{width}:abt", $"product-{tokens}x{width}x{hidden}:abt",
        $"product-{tokens}x{width}x{hidden}", $"product-{tokens}x{hidden}x{width}",
        $"product-{hidden}x{width}x{tokens}:atb", $"product-{width}x{hidden}x{tokens}:atb",
    ];
}
