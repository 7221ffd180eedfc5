using MuonSharp.Optimizers;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace MuonSharp.TorchSharp;

/// <summary>Says of some parameters how they split into matrices: fused queries, keys and values, heads, weights stored [in, out].</summary>
/// <remarks>What is not said: one [out, in] matrix, a convolution's filters [out, in·kh·kw]. Of several entries for one parameter the last counts.</remarks>
public sealed class MatrixLayouts
{
    private readonly List<(Func<string, Modules.Parameter, bool> Fits, MatrixLayout Layout, string What)> _entries = [];
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>The layout of parameters by name.</summary>
    /// <param name="name">The name of a parameter (<c>h.0.attn.qkv.weight</c>) or of its module (<c>h.0.attn.qkv</c>: all its parameters with two axes or more); a star stands for any
    /// part between two dots (<c>h.*.attn.qkv</c>).</param>
    /// <param name="layout">The layout.</param>
    public MatrixLayouts For(string name, MatrixLayout layout)
    {
        string[] pattern = name.Split('.');
        return Add((parameter, _) => IsNamed(pattern, parameter.Split('.')), layout, $"'{name}'");
    }

    /// <summary>The layout of the parameters of a module that have two axes or more.</summary>
    /// <param name="module">The module, such as a linear layer.</param>
    /// <param name="layout">The layout.</param>
    public MatrixLayouts For(nn.Module module, MatrixLayout layout)
    {
        Modules.Parameter[] own = [.. module.parameters(recurse: false)];
        return Add((_, parameter) => Array.Exists(own, candidate => candidate.Handle == parameter.Handle), layout, $"module {module.GetName()}");
    }

    /// <summary>The layout of a parameter.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="layout">The layout.</param>
    public MatrixLayouts For(Modules.Parameter parameter, MatrixLayout layout) => Add((_, other) => other.Handle == parameter.Handle, layout, "a parameter");

    /// <summary>The layout of a parameter; null where nothing was said.</summary>
    internal MatrixLayout? Of(string name, Modules.Parameter parameter)
    {
        MatrixLayout? found = null;
        foreach ((Func<string, Modules.Parameter, bool> fits, MatrixLayout layout, string what) in parameter.dim() > 1 ? _entries : [])
        {
            if (fits(name, parameter))
            {
                found = layout;
                _used.Add(what);
            }
        }

        return found;
    }

    /// <summary>An entry that fits nothing is a slip of the pen.</summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    internal void RequireUsed()
    {
        string[] idle = [.. _entries.Select(static entry => entry.What).Where(what => !_used.Contains(what))];
        if (idle.Length > 0)
        {
            throw new ArgumentException($"[matrix layouts] a layout is for a parameter that Muon steps; none is {string.Join(" or ", idle)}");
        }
    }

    private static bool IsNamed(string[] pattern, string[] name) => (name.Length == pattern.Length || name.Length == pattern.Length + 1)
        && pattern.Zip(name).All(static pair => pair.First == "*" || pair.First == pair.Second);

    private MatrixLayouts Add(Func<string, Modules.Parameter, bool> fits, MatrixLayout layout, string what)
    {
        _entries.Add((fits, layout, what));
        return this;
    }
}
