namespace MuonSharp.Peers;

/// <summary>What the user asked for: see run-torchsharp.sh.</summary>
internal sealed record PeerOptions
{
    /// <summary>Groups of work.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Threads of both sides.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Alternating rounds of each case.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Images of a convolution or a step of airbench94; null: those of the recipe.</summary>
    public int? Batch { get; init; }

    /// <summary>Names of the work that is wanted of the groups; empty: all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>The widest vectors that either side may use, 256, or null: all that the processor has.</summary>
    public int? VectorBits { get; init; }

    /// <summary>Whether the peer may use instructions for products of bfloat16; emulated, they are far slower.</summary>
    public bool MultipliesBfloat16 => VectorBits is null && Processor.MultipliesBfloat16;

    /// <summary>Whether it is a smoke: one round of small cases.</summary>
    public bool Quick { get; init; }

    /// <summary>Our tool.</summary>
    public string Tool { get; init; } = "";

    /// <summary>Reads arguments.</summary>
    /// <exception cref="ArgumentException">They are wrong.</exception>
    public static PeerOptions Parse(ReadOnlySpan<string> arguments)
    {
        PeerOptions options = new();
        List<string> groups = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (Comparisons.Groups.Contains(name, StringComparer.Ordinal))
            {
                groups.Add(name);
                continue;
            }

            string? value = name == "--quick" ? null : ++i < arguments.Length ? arguments[i] : throw new ArgumentException($"[peer] an option has a value; {name} came last");
            options = name switch
            {
                "--quick" => options with { Quick = true },
                "--threads" => options with { Threads = Number(name, value!) },
                "--rounds" => options with { Rounds = Number(name, value!) },
                "--batch" => options with { Batch = Number(name, value!) },
                "--only" => options with { Only = value!.Split(',') },
                "--vector-bits" => options with { VectorBits = value == "256" ? 256 : throw new ArgumentException($"[peer] --vector-bits takes 256, the width of AVX2; '{value}' came") },
                "--tool" => options with { Tool = value! },
                _ => throw new ArgumentException($"[peer] there are {string.Join(", ", Comparisons.Groups)}, --threads N, --rounds N, --batch N, --only NAMES, --vector-bits 256 and --quick; '{name}' came"),
            };
        }

        options = options with { Groups = groups.Count > 0 ? groups : [.. Comparisons.Groups], Rounds = options.Quick ? 1 : options.Rounds };
        string[] work = [.. options.Groups.SelectMany(group => Comparisons.Of(group, options with { Only = [] })).Select(each => each.Name).Distinct(StringComparer.Ordinal)];
        return options.Only.FirstOrDefault(name => !work.Contains(name, StringComparer.Ordinal)) is { } unknown
            ? throw new ArgumentException($"[peer] --only takes names of the groups' work, {string.Join(", ", work)}; '{unknown}' came")
            : options;
    }

    private static int Number(string name, string text) => int.TryParse(text, out int number) && number > 0 ? number : throw new ArgumentException($"[peer] {name} takes a number from 1 on; '{text}' came");
}
