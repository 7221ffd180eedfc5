using MuonSharp.Optimizers;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace MuonSharp.TorchSharp;

/// <content>Muon for the hidden matrices of a module and AdamW for the rest, in one optimizer.</content>
public partial class Muon
{
    /// <summary>Who steps what, and why; null where the parameters were given by hand.</summary>
    public TorchRoutingPlan? plan { get; private init; }

    /// <summary>Muon for the hidden matrices of a module, AdamW for its vectors, tables and output projection: one optimizer with a group for each, so one scheduler moves both rates.</summary>
    /// <remarks>The hidden matrices are the weights of linear layers, convolutions and recurrent layers; fused projections of torch's attention and gates are split. The output projection is
    /// a linear layer with as many rows as a token table has, and otherwise the last linear layer.</remarks>
    /// <param name="model">The module, on its device and in its type already.</param>
    /// <param name="learningRate">Of the matrices; null: the preset's (0.02).</param>
    /// <param name="auxiliaryLearningRate">Of the rest; null: that of AdamW beside the preset's reference (3e-4).</param>
    /// <param name="weightDecay">Of the matrices; null: the preset's.</param>
    /// <param name="auxiliaryWeightDecay">Of the rest; null: that of its preset.</param>
    /// <param name="preset">The rule for the matrices; null: <see cref="MuonPresets.Default"/>.</param>
    /// <param name="auxiliaryPreset">The rule for the rest; null: the one that the preset's reference has beside it.</param>
    /// <param name="orthogonalizer">A name of <see cref="Orthogonalizers.Names"/>; null: the preset's.</param>
    /// <param name="layouts">How some parameters split into matrices.</param>
    /// <param name="roles">Your own word on a parameter, by name; null for a parameter leaves it to the module's kind.</param>
    /// <param name="stateType">The type of the state; null: each parameter's own.</param>
    /// <param name="print">Where to print who goes where and why, such as <see cref="Console.Out"/>; null: nowhere.</param>
    /// <exception cref="ArgumentException">A number, a layout or a role is wrong, or there is no matrix; the message says which.</exception>
    public static Muon Routed(
        nn.Module model, double? learningRate = null, double? auxiliaryLearningRate = null, double? weightDecay = null, double? auxiliaryWeightDecay = null,
        MuonOptions? preset = null, AdamWOptions? auxiliaryPreset = null, string? orthogonalizer = null, MatrixLayouts? layouts = null,
        Func<string, Modules.Parameter, ParameterRole?>? roles = null, ScalarType? stateType = null, TextWriter? print = null)
    {
        preset ??= MuonPresets.Default;
        layouts ??= new MatrixLayouts();
        auxiliaryPreset ??= OptimizerDescriptors.Muon.Presets.FirstOrDefault(known => known.Matrices == preset)?.Auxiliary as AdamWOptions ?? AdamWPresets.KellerJordan;
        TorchRoutingPlan routes = new ModuleRouter(roles, layouts).Route(model);
        TorchRoutingRow[] matrices = [.. routes.Rows.Where(static row => row.IsMatrix)];
        TorchRoutingRow[] rest = [.. routes.Rows.Where(static row => !row.IsMatrix)];
        if (matrices.Length == 0)
        {
            throw new ArgumentException($"[muon] a module has a hidden matrix; {model.GetName()} has none among {routes.Rows.Length} parameters");
        }

        var own = new MatrixLayouts();
        foreach (TorchRoutingRow row in matrices)
        {
            own.For(row.Parameter, row.Layout!);
        }

        layouts.RequireUsed();
        Options defaults = Defaults(learningRate, null, weightDecay, null, preset, orthogonalizer, null, stateType);
        var auxiliary = new AuxiliaryOptions { LearningRate = auxiliaryLearningRate, weight_decay = auxiliaryWeightDecay, preset = auxiliaryPreset, state_type = stateType };
        var muon = new Muon(defaults, own, auxiliary) { plan = routes };
        Dictionary<TensorIdentity, string> names = Names(routes.Rows.Select(static row => (row.Name, row.Parameter)));
        muon.Add(new ParamGroup { Parameters = matrices.Select(static row => row.Parameter) }, names);
        if (rest.Length > 0)
        {
            muon.Add(new AuxiliaryGroup { Parameters = rest.Select(static row => row.Parameter) }, names);
        }

        print?.Write(routes);
        return muon;
    }
}
