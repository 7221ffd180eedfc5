namespace MuonSharp.Cli.Bench;

/// <summary>Cases of one kind, told apart by sizes in their names.</summary>
/// <param name="name">First word of the names.</param>
/// <param name="pattern">The form of the names.</param>
/// <param name="about">What is measured, in a few words.</param>
/// <param name="standard">The names that are measured when none are given.</param>
internal abstract class BenchFamily(string name, string pattern, string about, params string[] standard)
{
    /// <summary>First word of the names, which stands for all standard ones.</summary>
    public string Name => name;

    /// <summary>The form of the names.</summary>
    public string Pattern => pattern;

    /// <summary>What is measured, in a few words.</summary>
    public string About => about;

    /// <summary>The names that are measured when none are given.</summary>
    public IReadOnlyList<string> Standard => standard;

    /// <summary>How to make the case of a name; null when the name is none of the family's. Nothing is allocated before it is called.</summary>
    public abstract Func<BenchContext, BenchCase>? Find(string name);

    /// <summary>The rule that a refused name breaks; by default the form of all names.</summary>
    public virtual string Rule(string name) => $"names of this kind are {Pattern}, with sizes of 1 to {BenchName.Largest} that fit memory";
}
