using MuonSharp.Optimizers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp;

/// <summary>Looks through a module and says of every parameter what it does.</summary>
internal sealed class ModuleRouter(Func<string, Parameter, ParameterRole?>? roles, MatrixLayouts layouts)
{
    private readonly Dictionary<TensorIdentity, TorchRoutingRow> _rows = [];
    private readonly HashSet<long> _vocabularies = [];
    private TensorIdentity? _lastLinear;
    private bool _hasHead;

    public TorchRoutingPlan Route(nn.Module model)
    {
        (string Name, nn.Module Module)[] modules = [(string.Empty, model), .. model.named_modules().Select(static named => (named.name, named.module))];
        foreach ((string name, nn.Module module) in modules.DistinctBy(static named => named.Module))
        {
            foreach ((string local, Parameter parameter) in Own(module))
            {
                Take(module, local, name.Length == 0 ? local : $"{name}.{local}", parameter);
            }
        }

        // A module may hold its parameters natively, where only the whole knows them.
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            if (!_rows.ContainsKey(TensorIdentity.Of(parameter)))
            {
                Take(model, name, name, parameter);
            }
        }

        _hasHead |= _rows.Values.Any(IsVocabularySized);
        return new TorchRoutingPlan([.. _rows.Values.Select(Finish)]);
    }

    /// <summary>The parameters that a module holds itself; those of a native composite are all its own.</summary>
    private static IEnumerable<(string Name, Parameter Parameter)> Own(nn.Module module) =>
        module.named_parameters(recurse: module is MultiheadAttention or TransformerEncoderLayer or TransformerDecoderLayer or TransformerEncoder or TransformerDecoder or Transformer);

    private void Take(nn.Module module, string local, string name, Parameter parameter)
    {
        ParameterRole role = ModuleRoles.Of(module, local, parameter, out MatrixLayout? layout, out string reason);
        if (role == ParameterRole.Embedding)
        {
            _vocabularies.Add(parameter.shape[0]);
        }

        // A table that is the head too stays a table, whichever comes first.
        TensorIdentity identity = TensorIdentity.Of(parameter);
        bool known = _rows.TryGetValue(identity, out TorchRoutingRow? before);
        _hasHead |= known && (role == ParameterRole.Embedding || before!.Role == ParameterRole.Embedding);
        if (!known || role == ParameterRole.Embedding)
        {
            _rows[identity] = new TorchRoutingRow(before?.Name ?? name, before?.Parameter ?? parameter, role, layout, reason);
            _lastLinear = module is Linear && role == ParameterRole.Matrix ? identity : _lastLinear;
        }
    }

    /// <summary>Whether a matrix has a row for each token.</summary>
    private bool IsVocabularySized(TorchRoutingRow row) =>
        row.IsMatrix && row.Parameter.dim() == 2 && _vocabularies.Contains(row.Parameter.shape[0]) && row.Parameter.shape[0] > row.Parameter.shape[1];

    private TorchRoutingRow Finish(TorchRoutingRow row)
    {
        if (roles?.Invoke(row.Name, row.Parameter) is { } said)
        {
            bool matrix = said == ParameterRole.Matrix;
            row = row with { Role = said, Layout = matrix ? row.Layout ?? MatrixLayout.OutIn : null, Reason = $"said in roles: {said}" };
        }
        else if (IsVocabularySized(row))
        {
            row = row with { Role = ParameterRole.Head, Layout = null, Reason = "output projection: as many rows as a token table" };
        }
        else if (!_hasHead && TensorIdentity.Of(row.Parameter) == _lastLinear)
        {
            row = row with { Role = ParameterRole.Head, Layout = null, Reason = "output projection: the last linear layer; say in roles where it is none" };
        }

        return row.IsMatrix && layouts.Of(row.Name, row.Parameter) is { } layout ? row with { Layout = layout } : row;
    }
}
