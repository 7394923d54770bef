namespace Krewe.Gateway.Control.Operators;

/// <summary>Which silos there are, as this one knows. Answers at once, without a hop.</summary>
public interface ISiloDirectory
{
    IReadOnlyList<SiloDescription> List();
}
